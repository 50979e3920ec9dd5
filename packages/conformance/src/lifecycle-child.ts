import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChildMessage } from './child.ts';
import type { LifecycleTask } from './lifecycle.ts';
import type { App, Runner, Subject } from './subject.ts';
import { Finding, type Outcome, outcomeOf } from './verdict.ts';

const { module, side, options, during, rounds } = JSON.parse(process.argv[2] ?? '') as LifecycleTask;
const { subject } = (await import(module)) as { subject: Subject };
let app: App | undefined;

for (let round = 0; round < rounds; round += 1) {
  tell({ state: 'worked', outcome: await outcome(work) });
  await once(process, 'message');
  tell(await recovered());
}
await opened().end();
process.disconnect?.();

/** Not before the event, where that comes first. */
function opened(): App {
  app ??= subject[side](options);
  return app;
}

/** Is starting, idle, about to ask, in a transaction or in a query when the event comes. */
async function work(): Promise<unknown> {
  if (during !== 'start') await opened().query('select 1');
  switch (during) {
    case 'idle':
      return ready();
    case 'start':
    case 'before a query':
      return ready().then(ask);
    case 'query':
      return Promise.all([inSession((session) => session.query('select pg_sleep(30)')), ready()]);
    case 'transaction':
      return opened().transaction(async (transaction) => {
        await transaction.query('select 1');
        await ready();
        await transaction.query('select 2');
      });
  }
}

/** On a checked-out client where there is one to lose. */
function inSession(use: (runner: Runner) => Promise<unknown>): Promise<unknown> {
  return subject.supports.session ? opened().session(use) : use(opened());
}

async function ready(): Promise<void> {
  tell({ state: 'ready' });
  await once(process, 'message');
  // The end of a connection arrives as an event of its own.
  await sleep(100);
}

/** Asks until the pool answers: a pool cannot know that a connection is dead before it has been told. */
async function recovered(): Promise<ChildMessage> {
  const first = await outcome(ask);
  let last = first;
  for (let attempts = 1; last.verdict !== 'ok' && attempts < 20; attempts += 1) {
    await sleep(100);
    last = await outcome(ask);
  }
  return { state: 'recovered', first, last };
}

async function ask(): Promise<void> {
  const [row] = await opened().query('select 1 as one');
  if (row?.one !== 1) throw new Finding('wrong answer', 'select 1 is not 1');
}

async function outcome(run: () => Promise<unknown>): Promise<Outcome> {
  try {
    await run();
    return { verdict: 'ok', detail: '' };
  } catch (error) {
    return outcomeOf(error);
  }
}

function tell(message: ChildMessage): void {
  process.send?.(message);
}
