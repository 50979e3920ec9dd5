import { type Address, addressUrl } from './address.ts';
import { freePort } from './free-port.ts';
import { atLeast, type PgBouncerBinary, pgbouncerBinary } from './pgbouncer-binaries.ts';
import { type ProgressOptions, withProgress } from './progress.ts';
import { query, type Row } from './query.ts';
import { launch, type ServerProcess, StartError, whenReady } from './server-process.ts';

/**
 * A PgBouncer to start: which one, and its settings.
 *
 * ```ts
 * const spec: PgBouncerSpec = { version: '1.24', settings: { max_prepared_statements: 0, default_pool_size: 2 } }
 * ```
 */
export interface PgBouncerSpec {
  /** What {@link Stack.pgbouncer} finds it by. Default: the version as it is given here. */
  readonly name?: string;
  /**
   * `1.24` is any 1.24.x, `1.24.1` exactly that one, `latest` at least the newest that this package knows.
   * With `binary`, `latest` accepts whatever it is.
   */
  readonly version: '1.18' | '1.24' | 'latest' | (string & {});
  /** Path of the PgBouncer to run. Default: one that is installed, in the cache, or in Debian. */
  readonly binary?: string;
  /**
   * Any key of the `[pgbouncer]` section of pgbouncer.ini, in PgBouncer's units (seconds, mostly).
   * Defaults that differ from PgBouncer's own: `pool_mode=transaction`, `default_pool_size=5`,
   * `max_client_conn=1000`, no log of connections.
   */
  readonly settings?: Readonly<Record<string, string | number>>;
}

/**
 * A running PgBouncer.
 *
 * ```ts
 * const bouncer = stack.pgbouncer('1.18')
 * const pool = new Pool({ connectionString: bouncer.url(database) })
 * await bouncer.kill()
 * await bouncer.restart()
 * ```
 */
export interface PgBouncer extends AsyncDisposable {
  readonly name: string;
  /** The version that the binary says it has, such as `1.18.0`. */
  readonly version: string;
  /** Where it listens. The user and the password are PostgreSQL's; PostgreSQL's other users can log in as well. */
  readonly address: Address;
  /** The connection string of a database through this PgBouncer, `postgres` by default. */
  url(database?: string): string;
  /**
   * Runs a command on PgBouncer's console: `SHOW …`, `PAUSE`, `RESUME`, `KILL`, `SET …`.
   *
   * @throws PgBouncer's error when it refuses the command.
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
  /** Stops it, in bounded time. May be called again; {@link PgBouncer.restart} brings it back. */
  stop(options?: StopOptions): Promise<void>;
  /** What it has logged, over all its restarts. */
  log(): string;
}

/**
 * How {@link PgBouncer.stop} stops it.
 *
 * ```ts
 * await bouncer.stop({ signal: 'SIGINT', timeout: 5_000 })
 * ```
 */
export interface StopOptions {
  /**
   * Default: the one for an immediate shutdown, SIGTERM before PgBouncer 1.23 and SIGQUIT since. SIGINT waits for
   * transactions to end, and so does SIGTERM since 1.23, for clients to leave.
   */
  readonly signal?: NodeJS.Signals;
  /** Milliseconds until SIGKILL follows. Default: 2000. */
  readonly timeout?: number;
}

/**
 * Starts a PgBouncer on a free port of 127.0.0.1, in front of a PostgreSQL that anybody may have started. It does not
 * keep the process alive, and it ends with the process, however that ends.
 *
 * ```ts
 * import { startPgBouncer } from '@poolsafe/stack'
 *
 * // In a test's worker: the address came as JSON from the process that started PostgreSQL.
 * await using bouncer = await startPgBouncer({ version: '1.24' }, address)
 * console.log(await bouncer.admin('SHOW POOLS'))
 * ```
 *
 * @throws {Error} when there is no such PgBouncer, with the commands that get one; or with the end of its log when it
 * does not start, for example because of an unknown setting.
 */
export function startPgBouncer(
  spec: PgBouncerSpec,
  postgres: Address,
  options: ProgressOptions = {},
): Promise<PgBouncer> {
  return withProgress(options, async (report) => {
    return openPgBouncer(spec, await pgbouncerBinary(spec.version, spec.binary, report), postgres, report);
  });
}

/** {@link startPgBouncer} with a binary that was found before, and somebody else's progress line. */
export async function openPgBouncer(
  spec: PgBouncerSpec,
  binary: PgBouncerBinary,
  postgres: Address,
  report: (line: string) => void,
): Promise<PgBouncer> {
  const name = spec.name ?? spec.version;
  report(`PgBouncer ${name}: starting`);
  for (let attempt = 1; ; attempt++) {
    const port = Number(spec.settings?.listen_port ?? (await freePort()));
    const address: Address = { ...postgres, host: '127.0.0.1', port };
    const startHere = () => start(spec, binary, address, postgres);
    try {
      return pgbouncer(name, binary.version, address, await startHere(), startHere);
    } catch (error) {
      // Between choosing a free port and listening on it, somebody else may have taken it.
      const again =
        error instanceof StartError && error.portTaken && spec.settings?.listen_port === undefined;
      if (!again || attempt === 5) throw error;
    }
  }
}

const READY = { file: 'log', text: 'process up' };

const DEFAULT_SETTINGS = {
  pool_mode: 'transaction',
  default_pool_size: 5,
  max_client_conn: 1000,
  log_connections: 0,
  log_disconnections: 0,
};

function configuration(spec: PgBouncerSpec, address: Address, postgres: Address): string {
  const settings = {
    listen_addr: address.host,
    listen_port: address.port,
    unix_socket_dir: '',
    // md5 checks SCRAM passwords too, in every version, and one login costs little. No password: nothing to check.
    auth_type: postgres.password === '' ? 'trust' : 'md5',
    auth_file: 'users.txt',
    // Users that PostgreSQL has and the file has not.
    auth_user: postgres.user,
    admin_users: postgres.user,
    ...DEFAULT_SETTINGS,
    ...spec.settings,
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}`);
  return `[databases]\n* = host=${postgres.host} port=${postgres.port}\n[pgbouncer]\n${lines.join('\n')}\n`;
}

async function start(
  spec: PgBouncerSpec,
  { command }: PgBouncerBinary,
  address: Address,
  postgres: Address,
): Promise<ServerProcess> {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const server = launch({
    command: [...command, 'pgbouncer.ini'],
    endSignal: 'SIGKILL',
    files: {
      'pgbouncer.ini': configuration(spec, address, postgres),
      'users.txt': `${quoted(postgres.user)} ${quoted(postgres.password)}\n`,
    },
  });
  await whenReady(`PgBouncer ${spec.name ?? spec.version}`, server, READY, () =>
    consoleQuery(address, 'SHOW VERSION'),
  );
  return server;
}

function consoleQuery(address: Address, command: string): Promise<Row[]> {
  return query({ ...address, database: 'pgbouncer', ssl: false }, command);
}

function pgbouncer(
  name: string,
  version: string,
  address: Address,
  first: ServerProcess,
  startAgain: () => Promise<ServerProcess>,
): PgBouncer {
  const ended: string[] = [];
  let server = first;
  const immediate = atLeast(version, '1.23') ? 'SIGQUIT' : 'SIGTERM';
  const stop = ({ signal = immediate, timeout = 2_000 }: StopOptions = {}) => server.end(signal, timeout);
  return {
    name,
    version,
    address,
    url: (database = 'postgres') => addressUrl(address, database),
    admin: (command) => consoleQuery(address, command),
    kill: () => server.end('SIGKILL', 0),
    async restart() {
      await stop();
      ended.push(server.log());
      server = await startAgain();
    },
    stop,
    log: () => [...ended, server.log()].join(''),
    [Symbol.asyncDispose]: () => stop(),
  };
}
