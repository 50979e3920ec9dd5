import { setTimeout as sleep } from 'node:timers/promises';
import type { Pooler } from '@poolsafe/stack';
import type { Context, LifecycleEvent } from './case.ts';
import { type Child, type ChildTask, startChild } from './child.ts';
import type { Site } from './site.ts';
import { Finding, type Outcome } from './verdict.ts';

/** What `lifecycle-child.ts` is told. */
export interface LifecycleTask extends ChildTask {
  readonly during: LifecycleEvent['during'];
  /** How often the event happens. */
  readonly rounds: number;
}

/**
 * Brings an event about while a process of its own uses the library. Verdict `crash` when that ends the
 * process, `error` when its work fails with something else than it should or its pool does not recover, `ok` when
 * it is there and works again.
 */
export async function runLifecycle(context: Context, event: LifecycleEvent): Promise<void> {
  const { options, subject, side, rounds } = context;
  const task: LifecycleTask = { module: subject.module, side, options, during: event.during, rounds };
  using child = startChild('lifecycle-child', task);
  for (let round = 1; round <= rounds; round += 1) {
    const when = ` in round ${round}`;
    await child.says('ready', when);
    const { outcome } = await happen(event, context, () => {
      child.next();
      return child.says('worked', when);
    });
    if (event.failsWith !== undefined) assertFailed(outcome, event.failsWith);
    child.next();
    const { first, last } = await child.says('recovered', when);
    // Bare, it is a race whether the next one gets the connection that the pooler is closing.
    assertOk(event.recovers === 'at once' && side === 'safe' ? first : last);
  }
}

type Worked = Awaited<ReturnType<Child['says']>> & { readonly state: 'worked' };

/** Makes it happen, lets the process go on with its work, and ends the event where that is something that ends. */
async function happen(event: LifecycleEvent, context: Context, work: () => Promise<Worked>): Promise<Worked> {
  const { site, elsewhere } = context;
  switch (event.event) {
    case 'server connection taken':
      return elsewhere(work);
    case 'backend killed':
      await killBackends(site, event.during);
      return work();
    case 'client_idle_timeout':
      await until(() => noClient(poolerOf(site)));
      return work();
    case 'pooler restart':
      await poolerOf(site).restart();
      return work();
    case 'pooler down': {
      await poolerOf(site).stop();
      const worked = await work();
      await poolerOf(site).restart();
      return worked;
    }
  }
}

function poolerOf({ pooler }: Site): Pooler {
  if (pooler === undefined) throw new Error('This case needs a pooler that it may restart.');
  return pooler;
}

async function killBackends(site: Site, during: LifecycleEvent['during']): Promise<void> {
  const backends = `from pg_stat_activity where datname = current_database() and usename <> current_user`;
  if (during === 'query') {
    const running = `select 1 ${backends} and state = 'active' and query like '%pg_sleep%'`;
    await until(async () => (await site.admin(running)).length > 0);
  }
  await site.admin(`select pg_terminate_backend(pid) ${backends}`);
  await until(async () => (await site.admin(`select 1 ${backends}`)).length === 0);
}

async function noClient(pooler: Pooler): Promise<boolean> {
  const clients = await pooler.admin('SHOW CLIENTS');
  return clients.every((client) => client.database === 'pgbouncer');
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50);
}

function assertFailed({ verdict, detail }: Outcome, text: RegExp): void {
  if (verdict === 'ok') throw new Finding('wrong answer', 'the query succeeded');
  if (verdict !== 'error' || !text.test(detail)) throw new Finding(verdict, `the query got: ${detail}`);
}

function assertOk({ verdict, detail }: Outcome): void {
  if (verdict !== 'ok') throw new Finding(verdict, `the next query got: ${detail}`);
}

/** Whether a process that has ended its application ends by itself. */
export async function runEnd({ options, subject, side }: Context): Promise<void> {
  using child = startChild('end-child', { module: subject.module, side, options });
  await child.says('ended');
  const late = Date.now() + 3_000;
  await until(async () => child.ended() !== undefined || Date.now() > late);
  const ended = child.ended();
  if (ended === undefined) throw new Finding('hang', 'the process is still there 3 s after the end');
  if (ended.code !== 0) throw new Finding('crash', `the process ended: ${ended.reason}`);
}
