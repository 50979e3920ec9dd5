import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { PgBouncer } from '@poolsafe/stack';
import type { Context, LifecycleEvent } from './case.ts';
import type { Site } from './site.ts';
import { Finding } from './verdict.ts';

/** What the process under test is told, as one JSON argument. */
export interface ChildTask {
  readonly module: string;
  readonly side: 'bare' | 'safe';
  readonly url: string;
  readonly during: LifecycleEvent['during'];
  /** How often the event happens. */
  readonly rounds: number;
}

/** What it says when it is ready for the event, and when it has recovered from it. */
export type ChildMessage =
  | { readonly state: 'ready' }
  | { readonly state: 'recovered'; readonly attempts: number; readonly error: string | null };

/**
 * Brings an event about while a process of its own uses the library. Verdict `crash` when that ends the
 * process, `error` when its pool does not recover, `ok` when it is there and works again.
 */
export async function runLifecycle(context: Context, event: LifecycleEvent): Promise<void> {
  const { site, subject, side, rounds } = context;
  const { pooler } = site;
  if (pooler === undefined) throw new Error('This case needs a pooler that it may restart.');
  const task: ChildTask = {
    module: subject.module,
    side,
    url: site.url,
    during: event.during,
    rounds,
  };
  const child = startChild(task);
  try {
    for (let round = 1; round <= rounds; round += 1) {
      await stateOf(child, 'ready', round);
      await happen(event, site, pooler);
      // It may be gone already; the next line sees that.
      child.process.send('happened', () => {});
      await stateOf(child, 'recovered', round);
    }
  } finally {
    child.process.kill('SIGKILL');
  }
}

interface Child {
  readonly process: ChildProcess;
  readonly messages: ChildMessage[];
  /** The first line of what the process died of, once it has ended. */
  died: string | undefined;
}

function startChild(task: ChildTask): Child {
  const fromSource = import.meta.url.endsWith('.ts');
  const file = fileURLToPath(new URL(`./lifecycle-child.${fromSource ? 'ts' : 'js'}`, import.meta.url));
  const withTypes = process.features.typescript ? [] : ['--import', 'tsx'];
  const execArgv = fromSource ? ['--conditions=@poolsafe/source', ...withTypes] : [];
  const child = fork(file, [JSON.stringify(task)], { execArgv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += String(chunk);
  });
  const started: Child = { process: child, messages: [], died: undefined };
  child.on('message', (message) => started.messages.push(message as ChildMessage));
  child.once('close', () => {
    started.died = /^(?:\w*[Ee]rror: .*)$/m.exec(stderr)?.[0] ?? stderr.trim().split('\n', 1)[0] ?? '';
  });
  return started;
}

async function stateOf(child: Child, state: ChildMessage['state'], round: number): Promise<void> {
  for (;;) {
    const message = child.messages.shift();
    if (message?.state === state) {
      if (message.state === 'recovered' && message.error !== null) throw new Finding('error', message.error);
      return;
    }
    if (child.died !== undefined) {
      throw new Finding('crash', `the process ended in round ${round}: ${child.died}`);
    }
    await sleep(20);
  }
}

async function happen({ event, during }: LifecycleEvent, site: Site, pooler: PgBouncer): Promise<void> {
  if (event === 'pooler restart') return pooler.restart();
  if (event === 'client_idle_timeout') return until(() => noClient(pooler));
  const backends = `from pg_stat_activity where datname = current_database() and usename <> current_user`;
  if (during === 'query') {
    const running = `select 1 ${backends} and state = 'active' and query like '%pg_sleep%'`;
    await until(async () => (await site.admin(running)).length > 0);
  }
  await site.admin(`select pg_terminate_backend(pid) ${backends}`);
  await until(async () => (await site.admin(`select 1 ${backends}`)).length === 0);
}

async function noClient(pooler: PgBouncer): Promise<boolean> {
  const clients = await pooler.admin('SHOW CLIENTS');
  return clients.every((client) => client.database === 'pgbouncer');
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50);
}
