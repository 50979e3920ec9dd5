import { randomBytes } from 'node:crypto';
import type { ClientConfig } from 'pg';
import { type Address, addressUrl } from './address.ts';
import { freePort } from './free-port.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { type ProgressOptions, withProgress } from './progress.ts';
import { query } from './query.ts';
import { launch, type ServerProcess, StartError, whenReady } from './server-process.ts';

/**
 * Which PostgreSQL {@link startStack} and {@link startPostgres} use: a new one with these settings, or a running one.
 *
 * ```ts
 * const settings: PostgresOptions = { settings: { max_connections: 50, log_statement: 'all' } }
 * const running: PostgresOptions = { url: 'postgres://postgres:secret@db.test:5432/postgres' }
 * ```
 */
export interface PostgresOptions {
  /**
   * The URL of a running server, with a superuser's name and password, to use instead of starting one.
   * Default: the environment variable `POOLSAFE_POSTGRES_URL`.
   */
  readonly url?: string;
  /** Settings for postgresql.conf, in the units that it uses. Not possible together with a running server. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

/**
 * A PostgreSQL server.
 *
 * ```ts
 * await using postgres = await startPostgres()
 * const name = await postgres.createDatabase()
 * const client = new Client(postgres.url(name))
 * ```
 */
export interface Postgres extends AsyncDisposable {
  /** Where it listens, and its superuser. */
  readonly address: Address;
  /** The server's own version, such as `18.4`. */
  readonly version: string;
  /** The connection string of a database, `postgres` by default. */
  url(database?: string): string;
  /**
   * Creates an empty database and resolves to its name: the given one, or one that nobody else has.
   *
   * @throws the server's error, such as 42P04 when there is a database with this name already.
   */
  createDatabase(name?: string): Promise<string>;
  /** Drops a database, and ends the connections to it; does nothing when there is none. */
  dropDatabase(name: string): Promise<void>;
  /**
   * Stops the server and removes its data, within ten seconds. A running server that was given by its URL stays,
   * but the databases that were created here go. May be called again.
   */
  stop(): Promise<void>;
}

/**
 * Starts a PostgreSQL on a free port of 127.0.0.1, with a fresh data directory in the system's temporary directory.
 * It does not keep the process alive, and it ends with the process, however that ends.
 *
 * ```ts
 * import { startPostgres } from '@poolsafe/stack'
 *
 * await using postgres = await startPostgres({ settings: { max_connections: 50 } })
 * console.log(postgres.version, postgres.url())
 * ```
 *
 * Durability is off (`fsync` and others): it is for data that may be lost.
 *
 * @throws {Error} when no PostgreSQL is found, with the commands that get one; or with the end of the server's log
 * when it does not start.
 */
export function startPostgres(options: PostgresOptions & ProgressOptions = {}): Promise<Postgres> {
  return withProgress(options, (report) => openPostgres(options, report));
}

/** {@link startPostgres} with somebody else's progress line. */
export async function openPostgres(
  { url = process.env.POOLSAFE_POSTGRES_URL, settings = {} }: PostgresOptions,
  report: (line: string) => void,
): Promise<Postgres> {
  if (url) {
    if (Object.keys(settings).length > 0) {
      throw new Error(
        'postgres.settings cannot be applied to a server that is already running (postgres.url).',
      );
    }
    return runningPostgres(url);
  }
  if (process.platform === 'win32') {
    throw new Error(
      'Starting PostgreSQL on Windows is not supported: use WSL, or give the URL of a running server.',
    );
  }
  report('PostgreSQL: preparing');
  const bin = await postgresBinaries();
  for (let attempt = 1; ; attempt++) {
    report('PostgreSQL: starting');
    try {
      return await newPostgres(bin, settings);
    } catch (error) {
      // Between choosing a free port and listening on it, somebody else may have taken it.
      if (!(error instanceof StartError && error.portTaken) || attempt === 5) throw error;
    }
  }
}

const DEFAULT_SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 200,
  timezone: 'UTC',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
};

const READY = { file: 'data/postmaster.pid', text: '\nready' };

// initdb runs to its end even when this is to stop: killed, it would leave shared memory behind.
const BOOT = `
trap exit QUIT
"$1/initdb" -D data -U postgres --pwfile=password -A scram-sha-256 --locale=C -E UTF8 --no-sync >/dev/null &&
cat settings >>data/postgresql.conf &&
exec "$1/postgres" -D data
`;

async function newPostgres(
  bin: string,
  settings: Readonly<Record<string, string | number>>,
): Promise<Postgres> {
  const password = randomBytes(18).toString('base64url');
  const address: Address = { host: '127.0.0.1', port: await freePort(), user: 'postgres', password };
  const lines = Object.entries({ ...DEFAULT_SETTINGS, port: address.port, ...settings }).map(
    ([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'\n`,
  );
  const server = launch({
    command: ['/bin/sh', '-c', BOOT, 'sh', bin],
    files: { password, settings: lines.join('') },
    // QUIT skips the last checkpoint, and unlike KILL it lets the server give back its shared memory.
    endSignal: 'SIGQUIT',
  });
  const url = (database = 'postgres') => addressUrl(address, database);
  const connection = { connectionString: url(), ssl: false };
  const version = await whenReady('PostgreSQL', server, READY, () => serverVersion(connection));
  return postgres({ address, version, url, connection, server });
}

async function runningPostgres(given: string): Promise<Postgres> {
  const parsed = new URL(given);
  const own = decodeURIComponent(parsed.pathname.slice(1)) || 'postgres';
  const address: Address = {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: Number(parsed.port || 5432),
    user: decodeURIComponent(parsed.username) || 'postgres',
    password: decodeURIComponent(parsed.password),
  };
  const url = (database = own) => {
    const result = new URL(given);
    result.pathname = `/${encodeURIComponent(database)}`;
    return result.href;
  };
  const connection = { connectionString: url() };
  return postgres({ address, version: await serverVersion(connection), url, connection });
}

async function serverVersion(connection: ClientConfig): Promise<string> {
  const [row] = await query(connection, 'SHOW server_version');
  return String(row?.server_version).split(' ')[0] ?? '';
}

interface Parts {
  readonly address: Address;
  readonly version: string;
  readonly url: (database?: string) => string;
  readonly connection: ClientConfig;
  /** Absent when somebody else started it. */
  readonly server?: ServerProcess;
}

function postgres({ address, version, url, connection, server }: Parts): Postgres {
  const created = new Set<string>();
  const dropDatabase = async (name: string) => {
    await query(connection, `DROP DATABASE IF EXISTS ${identifier(name)} WITH (FORCE)`);
    created.delete(name);
  };
  const stop = async () => {
    if (server === undefined) await Promise.all([...created].map(dropDatabase));
    else await server.end();
  };
  return {
    address,
    version,
    url,
    async createDatabase(name = `poolsafe_${randomBytes(6).toString('hex')}`) {
      await query(connection, `CREATE DATABASE ${identifier(name)}`);
      created.add(name);
      return name;
    },
    dropDatabase,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
