import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverUser } from './server-user.ts';

// Before its directory is made, this shell waits for the first word: an owner that is killed while it fills the
// directory leaves nothing behind. Then the server takes the place of this shell; the part in parentheses stays beside it and reads a pipe whose other
// end only the owner has. A word means that the owner cleans up; the end of the pipe means that the owner is gone,
// however it went. (The server itself must not be the background job: a shell makes those ignore INT and QUIT.)
// Who has ended but was not waited for yet, as happens to orphans in containers, is a zombie, not alive.
const SUPERVISED = `
directory=$1 signal=$2; shift 2
read -r word <&3 || { rm -rf "$directory"; exit 1; }
cd "$directory" || exit 1
alive() {
  kill -0 $$ && case $(ps -o stat= -p $$ || sed 's/.*) //' /proc/$$/stat) in Z*) false ;; esac
}
(
  trap '' HUP INT TERM QUIT
  cd /
  read -r word <&3 && exit
  kill -s "$signal" $$
  kill -s CONT $$
  tries=0
  while alive && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -s KILL $$
  rm -rf "$directory" || { sleep 1; rm -rf "$directory"; }
) >/dev/null 2>&1 &
exec "$@" 3<&- >>log 2>&1
`;

/** What {@link launch} runs: a command in a directory of its own that has these files in it. */
export interface ServerCommand {
  readonly command: readonly [string, ...string[]];
  /** File names and contents; only the server's user can read them. */
  readonly files: Readonly<Record<string, string>>;
  /** Ends it at once, but lets it give back what the system would not take back by itself. */
  readonly endSignal: NodeJS.Signals;
}

/** A running server that ends, and whose directory goes, no later than this process. */
export interface ServerProcess {
  readonly running: boolean;
  /** The text of a file in its directory, empty when there is none (yet, or any more). */
  read(file: string): string;
  /** What the server has printed so far; still there when it has ended. */
  log(): string;
  /** Sends the signal, by default `endSignal`, then KILL after `timeout` (9000) milliseconds, and resolves when the server and its directory are gone. */
  end(signal?: NodeJS.Signals, timeout?: number): Promise<void>;
}

/** Starts a server under a supervisor that ends it when this process is gone, even by SIGKILL. */
export function launch({ command, files, endSignal }: ServerCommand): ServerProcess {
  const user = serverUser();
  const directory = join(tmpdir(), `poolsafe-${randomBytes(6).toString('hex')}`);
  const child = spawn('/bin/sh', ['-c', SUPERVISED, 'sh', directory, endSignal.slice(3), ...command], {
    ...user,
    cwd: '/',
    // Ctrl-C in a terminal goes to the whole process group: the servers must outlive it, to be stopped in order.
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const own = (path: string) => user !== undefined && chownSync(path, user.uid, user.gid);
  mkdirSync(directory, { mode: 0o700 });
  own(directory);
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(directory, name), text, { mode: 0o600 });
    own(join(directory, name));
  }
  const server = supervise(child, directory, endSignal);
  (child.stdio[3] as Writable).write('start\n');
  return server;
}

function supervise(child: ChildProcess, directory: string, endSignal: NodeJS.Signals): ServerProcess {
  const owner = child.stdio[3] as Writable & { unref(): void };
  owner.on('error', () => {});
  owner.unref();
  child.unref();
  let running = true;
  let log: string | undefined;
  const read = (file: string) => {
    try {
      return readFileSync(join(directory, file), 'utf8');
    } catch {
      return '';
    }
  };
  const cleanUp = async (failure: string) => {
    running = false;
    log = read('log') + failure;
    await rm(directory, { recursive: true, force: true });
    owner.end('done\n');
  };
  const gone = new Promise<void>((resolve, reject) => {
    child.once('exit', () => cleanUp('').then(resolve, reject));
    child.once('error', (error) => cleanUp(error.message).then(resolve, reject));
  });
  gone.catch(() => {});
  return {
    get running() {
      return running;
    },
    read,
    log: () => log ?? read('log'),
    async end(signal = endSignal, timeout = 9_000) {
      if (running) {
        child.ref();
        child.kill(signal);
        child.kill('SIGCONT');
        const escalation = setTimeout(() => child.kill('SIGKILL'), timeout);
        await gone.finally(() => clearTimeout(escalation));
      }
      await gone;
    },
  };
}

/** Thrown when a server ended or did not answer while starting; the message has the end of its log. */
export class StartError extends Error {
  readonly log: string;

  constructor(message: string, log: string, cause?: unknown) {
    super(`${message}\n${log.trimEnd().split('\n').slice(-15).join('\n')}`, { cause });
    this.name = 'StartError';
    this.log = log;
  }

  get portTaken(): boolean {
    return /address already in use|address in use/i.test(this.log);
  }
}

/** How a server shows that it is ready: this text in a file of its directory. */
export interface ReadySign {
  readonly file: string;
  readonly text: string;
}

/**
 * The result of `attempt`, made when the server itself shows that it is ready: whoever answers at its port before may
 * be somebody else. Ends the server when that fails.
 */
export async function whenReady<T>(
  name: string,
  server: ServerProcess,
  { file, text }: ReadySign,
  attempt: () => Promise<T>,
): Promise<T> {
  const deadline = Date.now() + 20_000;
  const wait = async () => {
    if (!server.running) throw new Error('it ended by itself.');
    if (Date.now() > deadline) throw new Error('20 seconds went by.');
    await sleep(5);
  };
  try {
    while (!server.read(file).includes(text)) await wait();
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        // A server may say that it listens a moment before it does.
        if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
        await wait();
      }
    }
  } catch (error) {
    await server.end();
    throw new StartError(`${name} did not start: ${(error as Error).message}`, server.log(), error);
  }
}
