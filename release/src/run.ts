import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const root: string = fileURLToPath(new URL('../../', import.meta.url));

/** How a command ended. A signal, or its deadline, leaves `code` null. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** It did not end in time, and was killed with all that it had started. */
  readonly late: boolean;
}

/** Where and how a command runs. */
export interface RunOptions {
  readonly cwd: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Folders that come first on the PATH. */
  readonly path?: readonly string[];
  /** Milliseconds, 60 seconds by default. */
  readonly deadline?: number;
}

/** Runs a command to its end, without a shell and without standard input. Never throws for how it ended. */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<Ended> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: environment(options),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that what it started ends with it.
    detached: true,
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    if (child.pid) process.kill(-child.pid, 'SIGKILL');
  }, options.deadline ?? 60_000);
  const outputs = [collect(child.stdout), collect(child.stderr)] as const;
  try {
    const [code] = await once(child, 'close');
    return { code, stdout: await outputs[0], stderr: await outputs[1], late };
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a command that has to succeed, and gives what it wrote on standard output. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<string> {
  const { code, stdout, stderr, late } = await run(command, args, options);
  if (code === 0) return stdout;
  const how = late ? 'did not end in time' : `ended with ${code}`;
  throw new Error(`${command} ${args.join(' ')} ${how}\n${stdout}${stderr}`);
}

/** What a package manager and a test runner leave in the environment of what they start. */
const left =
  /^(npm_(lifecycle|package|command|execpath|node_execpath)|PNPM_|VITEST|(NODE_OPTIONS|NODE_ENV|INIT_CWD|TEST)$)/;

/** The environment of somebody who is in no repository, on the Node that runs this. */
function environment({ env, path = [] }: RunOptions): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !left.test(name));
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.startsWith(root));
  const PATH = [...path, dirname(process.execPath), ...folders].join(delimiter);
  return { ...Object.fromEntries(kept), CI: '1', ...env, PATH };
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  stream.setEncoding('utf8');
  for await (const piece of stream) text += piece;
  return text;
}
