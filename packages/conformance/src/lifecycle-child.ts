import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChildMessage, ChildTask } from './lifecycle.ts';
import type { App, Subject } from './subject.ts';
import { messageOf } from './verdict.ts';

const task = JSON.parse(process.argv[2] ?? '') as ChildTask;
const { subject } = (await import(task.module)) as { subject: Subject };
const app = subject[task.side]({ url: task.url, max: 1 });

for (let round = 0; round < task.rounds; round += 1) {
  await app.query('select 1');
  await whenItHappens(task.during);
  tell(await recover());
}
await app.end();
process.disconnect?.();

/** Is idle, in a transaction or in a query when the event comes. What that work fails with is not the question. */
async function whenItHappens(during: ChildTask['during']): Promise<void> {
  if (during === 'idle') return ready();
  const work =
    during === 'query'
      ? [app.session((session) => session.query('select pg_sleep(30)')), ready()]
      : [
          app.transaction(async (transaction) => {
            await transaction.query('select 1');
            await ready();
            await transaction.query('select 2');
          }),
        ];
  await Promise.allSettled(work);
}

async function ready(): Promise<void> {
  tell({ state: 'ready' });
  await once(process, 'message');
  // The end of a connection arrives as an event of its own.
  await sleep(100);
}

/** Asks until the pool answers: a pool cannot know that a connection is dead before it has been told. */
async function recover(): Promise<ChildMessage> {
  for (let attempts = 1; ; attempts += 1) {
    const error = await attempt(app);
    if (error === null || attempts === 20) return { state: 'recovered', attempts, error };
    await sleep(100);
  }
}

async function attempt({ query }: App): Promise<string | null> {
  try {
    const [row] = await query('select 1 as one');
    return row?.one === 1 ? null : 'select 1 is not 1';
  } catch (error) {
    return messageOf(error);
  }
}

function tell(message: ChildMessage): void {
  process.send?.(message);
}
