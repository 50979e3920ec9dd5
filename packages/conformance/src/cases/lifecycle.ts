import { always, type Case, type LifecycleEvent } from '../case.ts';
import { runLifecycle } from '../lifecycle.ts';
import type { Verdict } from '../verdict.ts';

const lifecycleCase = (id: string, title: string, lifecycle: LifecycleEvent, bare: Verdict): Case => ({
  id,
  title,
  needs: ['session'],
  bare: always(bare),
  safe: always('ok'),
  deadline: 20_000,
  // Seconds.
  settings: lifecycle.event === 'client_idle_timeout' ? { client_idle_timeout: 1 } : {},
  run: (context) => runLifecycle(context, lifecycle),
});

/** Events in the life of a pooler. The application attaches no error listener, as most do. */
export const lifecycleCases: readonly Case[] = [
  lifecycleCase(
    'idle-timeout',
    'client_idle_timeout ends an idle connection',
    { during: 'idle', event: 'client_idle_timeout' },
    'crash',
  ),
  lifecycleCase(
    'restart-idle',
    'Pooler restarts, client idle',
    { during: 'idle', event: 'pooler restart' },
    'crash',
  ),
  lifecycleCase(
    'killed-idle',
    'Backend killed, client idle',
    { during: 'idle', event: 'backend killed' },
    'ok',
  ),
  lifecycleCase(
    'killed-in-transaction',
    'Backend killed in a transaction',
    { during: 'transaction', event: 'backend killed' },
    'crash',
  ),
  lifecycleCase(
    'killed-in-query',
    'Backend killed in a query',
    { during: 'query', event: 'backend killed' },
    'crash',
  ),
];
