import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url));

/** The environment without what would decide about colours. */
function environment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...rest } = process.env;
  return { ...rest, ...env };
}

/** Starts the command as a process of its own. */
export function start(args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  // By its path: the command may run in another directory.
  const tsx = import.meta.resolve('tsx');
  return spawn(process.execPath, ['--conditions=@poolsafe/source', '--import', tsx, cli, ...args], {
    ...options,
    env: environment(options.env ?? {}),
  });
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command to its end. */
export async function poolsafe(
  args: readonly string[],
  { input = '', ...options }: SpawnOptions & { input?: string } = {},
): Promise<Ended> {
  const child = start(args, options);
  const outputs = [collect(child.stdout), collect(child.stderr)] as const;
  // It may end without reading.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  const [code] = await once(child, 'close');
  return { code, stdout: await outputs[0], stderr: await outputs[1] };
}

/** All that a process writes. */
export async function collect(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = '';
  for await (const piece of stream ?? []) text += piece;
  return text;
}

/** A `poolsafe dev --json` that is ready. */
export interface RunningDev extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly ready: {
    readonly databaseUrl: string;
    readonly directUrl: string;
    readonly pgbouncer: string;
    readonly postgres: string;
    readonly keepsStatements: boolean;
    readonly envFile?: string;
  };
  /** Sends a signal and gives the exit code, and how long that took in milliseconds. */
  end(signal: NodeJS.Signals): Promise<{ readonly code: number | null; readonly took: number }>;
  /** What it has written on standard error, when it has ended. */
  readonly stderr: Promise<string>;
}

/** Starts `poolsafe dev --json` and waits until it is ready. */
export async function runningDev(args: readonly string[], options: SpawnOptions = {}): Promise<RunningDev> {
  const child = start(['dev', '--json', ...args], options);
  const stderr = collect(child.stderr);
  const closed = once(child, 'close');
  const first = await createInterface(child.stdout!)[Symbol.asyncIterator]().next();
  const ready = first.done ? { error: 'nothing' } : JSON.parse(first.value);
  if ('error' in ready) throw new Error(`poolsafe dev was not ready: ${ready.error}\n${await stderr}`);
  const end = async (signal: NodeJS.Signals) => {
    const before = performance.now();
    child.kill(signal);
    // As npx does when a terminal has sent it to the whole group.
    setImmediate(() => child.kill(signal));
    const [code] = await closed;
    return { code, took: performance.now() - before };
  };
  return {
    child,
    ready,
    end,
    stderr,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) await end('SIGTERM');
    },
  };
}
