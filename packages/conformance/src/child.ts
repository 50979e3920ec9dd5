import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { AppOptions, Side } from './subject.ts';
import { Finding, type Outcome } from './verdict.ts';

/** What a process of its own that uses the library under test is told, as one JSON argument. */
export interface ChildTask {
  readonly module: string;
  readonly side: Side;
  readonly options: AppOptions;
}

/** What it says. */
export type ChildMessage =
  /** It is ready for the event. */
  | { readonly state: 'ready' }
  /** What the event made of its work. */
  | { readonly state: 'worked'; readonly outcome: Outcome }
  /** Its pool works again, or not: what the first attempt and the last one gave. */
  | { readonly state: 'recovered'; readonly first: Outcome; readonly last: Outcome }
  /** It has ended its application. */
  | { readonly state: 'ended' };

/** A process that uses the library under test. */
export interface Child extends Disposable {
  /** Tells it to go on. */
  next(): void;
  /** Waits until it says `state`; verdict `crash` when it ends instead. */
  says<S extends ChildMessage['state']>(
    state: S,
    when?: string,
  ): Promise<ChildMessage & { readonly state: S }>;
  /** What it ended with, or `undefined` while it runs. */
  ended(): { readonly code: number | null; readonly reason: string } | undefined;
}

/** Starts a file of this folder as a process of its own. */
export function startChild(name: string, task: ChildTask): Child {
  const process = forked(name, task);
  const messages: ChildMessage[] = [];
  let stderr = '';
  let ended: ReturnType<Child['ended']>;
  process.stderr?.on('data', (chunk) => {
    stderr += String(chunk);
  });
  process.on('message', (message) => messages.push(message as ChildMessage));
  process.once('close', (code) => {
    ended = { code, reason: reasonIn(stderr) };
  });
  return {
    // It may be gone already; whoever waits for what it says sees that.
    next: () => process.send('next', () => {}),
    async says(state, when = '') {
      for (;;) {
        const message = messages.shift();
        if (message?.state === state) return message as ChildMessage & { readonly state: typeof state };
        if (ended !== undefined) throw new Finding('crash', `the process ended${when}: ${ended.reason}`);
        await sleep(20);
      }
    },
    ended: () => ended,
    [Symbol.dispose]: () => process.kill('SIGKILL'),
  };
}

function forked(name: string, task: ChildTask): ChildProcess {
  const fromSource = import.meta.url.endsWith('.ts');
  const file = fileURLToPath(new URL(`./${name}.${fromSource ? 'ts' : 'js'}`, import.meta.url));
  const withTypes = process.features.typescript ? [] : ['--import', 'tsx'];
  const execArgv = fromSource ? ['--conditions=@poolsafe/source', ...withTypes] : [];
  return fork(file, [JSON.stringify(task)], { execArgv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
}

/** The first line of what a process died of. */
function reasonIn(stderr: string): string {
  return /^(?:\w*[Ee]rror: .*)$/m.exec(stderr)?.[0] ?? stderr.trim().split('\n', 1)[0] ?? '';
}
