import { type Address, addressUrl } from './address.ts';
import { freePort } from './free-port.ts';
import type { Binary } from './program-binaries.ts';
import { query, type Row } from './query.ts';
import { launch, type ServerProcess, StartError, whenReady } from './server-process.ts';

/**
 * A running pooler, whichever it is.
 *
 * ```ts
 * async function survivesCrash(pooler: Pooler, database: string): Promise<void> {
 *   const pool = new Pool({ connectionString: pooler.url(database) })
 *   await pooler.kill()
 *   await pooler.restart()
 *   await pool.query('select 1')
 * }
 * ```
 */
export interface Pooler extends AsyncDisposable {
  readonly name: string;
  /** The version that the binary says it has, such as `1.18.0`. */
  readonly version: string;
  /** Where it listens. The user and the password are PostgreSQL's; PostgreSQL's other users can log in as well. */
  readonly address: Address;
  /** The connection string of a database through this pooler, `postgres` by default. */
  url(database?: string): string;
  /**
   * Runs a command on the pooler's console. PgBouncer's: `SHOW …`, `PAUSE`, `RESUME`, `KILL`, `SET …`. Odyssey's:
   * `SHOW …`, `PAUSE`, `RESUME`.
   *
   * @throws The pooler's error when it refuses the command.
   */
  admin(command: string): Promise<Row[]>;
  /** Ends it with SIGKILL, like a crash. */
  kill(): Promise<void>;
  /**
   * Stops it if it runs, and starts it on the same port with the same settings; resolves when it accepts connections.
   *
   * @throws {Error} with the end of its log when it does not start.
   */
  restart(): Promise<void>;
  /** Stops it, in bounded time. May be called again; {@link Pooler.restart} brings it back. */
  stop(options?: StopOptions): Promise<void>;
  /** What it has logged, over all its restarts. */
  log(): string;
}

/**
 * How {@link Pooler.stop} stops it.
 *
 * ```ts
 * await bouncer.stop({ signal: 'SIGINT', timeout: 5_000 })
 * ```
 */
export interface StopOptions {
  /**
   * Default: the one for an immediate shutdown, which is SIGTERM for PgBouncer before 1.23, SIGQUIT for PgBouncer
   * since, and SIGKILL for Odyssey. SIGINT waits for transactions to end. So does Odyssey with SIGTERM, and with
   * SIGTERM PgBouncer since 1.23 waits for clients to leave.
   */
  readonly signal?: NodeJS.Signals;
  /** Milliseconds until SIGKILL follows. Default: 2000. */
  readonly timeout?: number;
}

/** What sets one pooler apart from another. */
export interface PoolerPlan {
  readonly title: string;
  readonly name: string;
  readonly binary: Binary;
  /** The file that its command line ends with, and all its files. */
  readonly configuration: string;
  readonly files: (address: Address) => Readonly<Record<string, string>>;
  /** What it logs when it listens. */
  readonly ready: string;
  /** The database that stands for its console. */
  readonly console: string;
  /** The signal that ends it at once. */
  readonly immediate: NodeJS.Signals;
  /** Default: a free one. */
  readonly port?: number | undefined;
  /** Whether this is the log of one whose port was taken. Default: when it says so. */
  readonly portTaken?: (log: string) => boolean;
}

/** Starts a pooler on 127.0.0.1 in front of `postgres`. */
export async function openPooler(
  plan: PoolerPlan,
  postgres: Address,
  report: (line: string) => void,
): Promise<Pooler> {
  report(`${plan.title} ${plan.name}: starting`);
  for (let attempt = 1; ; attempt++) {
    const address: Address = { ...postgres, host: '127.0.0.1', port: plan.port ?? (await freePort()) };
    try {
      return pooler(plan, address, await start(plan, address));
    } catch (error) {
      // Between choosing a free port and listening on it, somebody else may have taken it.
      if (!(error instanceof StartError) || plan.port !== undefined || attempt === 5) throw error;
      if (!(plan.portTaken?.(error.log) ?? error.portTaken)) throw error;
    }
  }
}

async function start(plan: PoolerPlan, address: Address): Promise<ServerProcess> {
  const server = launch({
    command: [...plan.binary.command, plan.configuration],
    endSignal: 'SIGKILL',
    files: plan.files(address),
  });
  await whenReady(`${plan.title} ${plan.name}`, server, { file: 'log', text: plan.ready }, () =>
    consoleQuery(plan, address, 'SHOW VERSION'),
  );
  return server;
}

function consoleQuery({ console }: PoolerPlan, address: Address, command: string): Promise<Row[]> {
  return query({ ...address, database: console, ssl: false }, command);
}

function pooler(plan: PoolerPlan, address: Address, first: ServerProcess): Pooler {
  const ended: string[] = [];
  let server = first;
  const stop = ({ signal = plan.immediate, timeout = 2_000 }: StopOptions = {}) =>
    server.end(signal, timeout);
  return {
    name: plan.name,
    version: plan.binary.version,
    address,
    url: (database = 'postgres') => addressUrl(address, database),
    admin: (command) => consoleQuery(plan, address, command),
    kill: () => server.end('SIGKILL', 0),
    async restart() {
      await stop();
      ended.push(server.log());
      server = await start(plan, address);
    },
    stop,
    log: () => [...ended, server.log()].join(''),
    [Symbol.asyncDispose]: () => stop(),
  };
}
