import { always, behindPooler, type Case, type LifecycleEvent } from '../case.ts';
import { runEnd, runLifecycle } from '../lifecycle.ts';

interface LifecycleCase extends Pick<Case, 'id' | 'title' | 'bare'>, LifecycleEvent {
  /** Seconds, of the pooler's. */
  readonly settings?: NonNullable<Case['settings']>;
}

const lifecycleCase = ({ id, title, bare, settings = {}, ...event }: LifecycleCase): Case => ({
  id,
  title,
  needs: [],
  ...(event.event !== 'backend killed' && { needsPooler: 'It is the pooler that does it.' }),
  bare,
  safe: always('ok'),
  deadline: 20_000,
  settings,
  run: (context) => runLifecycle(context, event),
});

/** Events in the life of a pooler. The application attaches no error listener, as most do. */
export const lifecycleCases: readonly Case[] = [
  lifecycleCase({
    id: 'idle-timeout',
    title: 'client_idle_timeout ends an idle connection',
    during: 'idle',
    event: 'client_idle_timeout',
    settings: { client_idle_timeout: 0.5 },
    bare: behindPooler('crash'),
  }),
  lifecycleCase({
    id: 'restart-idle',
    title: 'Pooler restarts, client idle',
    during: 'idle',
    event: 'pooler restart',
    bare: behindPooler('crash'),
  }),
  lifecycleCase({
    id: 'killed-idle',
    title: 'Backend killed, client idle',
    during: 'idle',
    event: 'backend killed',
    bare: behindPooler('ok', 'crash'),
  }),
  lifecycleCase({
    id: 'killed-in-transaction',
    title: 'Backend killed in a transaction',
    during: 'transaction',
    event: 'backend killed',
    bare: behindPooler('crash', 'crash'),
  }),
  lifecycleCase({
    id: 'killed-in-query',
    title: 'Backend killed in a query',
    during: 'query',
    event: 'backend killed',
    bare: behindPooler('crash', 'crash'),
  }),
  lifecycleCase({
    id: 'down-at-start',
    title:
      "Pooler is down when the application starts: the driver's error, and it works when the pooler is back",
    during: 'start',
    event: 'pooler down',
    failsWith: /ECONNREFUSED|reach/i,
    bare: behindPooler('ok'),
  }),
  lifecycleCase({
    id: 'query-wait-timeout',
    title: 'query_wait_timeout: the query that waited gets it, the next one works',
    during: 'before a query',
    event: 'server connection taken',
    settings: { default_pool_size: 1, query_wait_timeout: 0.5 },
    failsWith: /query_wait_timeout/,
    recovers: 'at once',
    bare: behindPooler('ok'),
  }),
  {
    id: 'end',
    title: 'After the end of its pool, a process ends by itself',
    needs: [],
    bare: always('ok'),
    safe: always('ok'),
    deadline: 20_000,
    run: runEnd,
  },
];
