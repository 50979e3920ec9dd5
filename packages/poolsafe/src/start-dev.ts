import type * as Servers from '@poolsafe/stack';
import type { PgBouncer } from '@poolsafe/stack';
import { openInTurn } from './server-connections.ts';
import { assertReachable, type Upstream, upstreamOf } from './upstream.ts';

/**
 * What {@link startDev} starts.
 *
 * ```ts
 * const options: DevOptions = { pgbouncer: '1.24', classic: true, port: 6432 }
 * ```
 */
export interface DevOptions {
  /** Default: `latest`. */
  readonly pgbouncer?: '1.18' | '1.24' | 'latest';
  /** Keeps no prepared statements, as 1.18 never does. Default: keeps them where it can. */
  readonly classic?: boolean;
  /** The URL of a PostgreSQL to put PgBouncer in front of. Default: a new one, which goes with it. */
  readonly from?: string;
  /** Where PgBouncer listens on 127.0.0.1. Default: a free port. */
  readonly port?: number;
  /** Receives one line for each step. */
  readonly onProgress?: (line: string) => void;
}

/**
 * A PostgreSQL behind a PgBouncer, for development.
 *
 * ```ts
 * await using dev: Dev = await startDev()
 * process.env.DATABASE_URL = dev.databaseUrl
 * ```
 */
export interface Dev extends AsyncDisposable {
  /** Through PgBouncer. Has the password of the database. */
  readonly databaseUrl: string;
  /** Without PgBouncer. */
  readonly directUrl: string;
  /** The version of PgBouncer. */
  readonly pgbouncer: string;
  /** The version of PostgreSQL. */
  readonly postgres: string;
  readonly keepsStatements: boolean;
  /** Settles when PgBouncer has ended and nobody had stopped it, with the end of its log. */
  readonly ended: Promise<Error>;
  /** Stops what was started and removes its files, in bounded time. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts a PgBouncer that is as unkind as production: transaction mode, and several server connections that are taken
 * in turn, so that a query never lands where the last one did. Keeps the process alive until it is stopped, and ends with
 * it, however that ends.
 *
 * ```ts
 * import { startDev } from 'poolsafe'
 *
 * await using dev = await startDev({ classic: true })
 * console.log(dev.databaseUrl, dev.directUrl)
 * ```
 *
 * Needs the package `@poolsafe/stack`.
 *
 * @throws ConfigError when `from` cannot be used; never has its password.
 * @throws {Error} when a server cannot be found, with the commands that get it, or does not start.
 */
export async function startDev(options: DevOptions = {}): Promise<Dev> {
  const upstream = options.from === undefined ? undefined : upstreamOf(options.from);
  if (upstream !== undefined) await assertReachable(upstream.address);
  const servers = await loadServers();
  const progress = options.onProgress && { onProgress: options.onProgress };
  // An URL of the environment is for tests; here that is `from`.
  const own = upstream === undefined ? await servers.startPostgres({ url: '', ...progress }) : undefined;
  const database = upstream?.database ?? 'postgres';
  try {
    const address = upstream?.address ?? own?.address;
    if (address === undefined) throw new Error('There is no PostgreSQL to put PgBouncer in front of.');
    const spec = specOf(options, upstream);
    const bouncer = await servers.startPgBouncer(spec, address, progress);
    const databaseUrl = bouncer.url(database) + (upstream?.search ?? '');
    const stop = async () => {
      await bouncer.stop();
      await own?.stop();
    };
    return await devOf({
      bouncer,
      databaseUrl,
      directUrl: options.from ?? own?.url(database) ?? '',
      stop,
      options,
    });
  } catch (error) {
    await own?.stop();
    throw error;
  }
}

/** Not a dependency, since it brings a PostgreSQL: most commands do without. */
async function loadServers(): Promise<typeof Servers> {
  try {
    return await import('@poolsafe/stack');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new Error(
      '`poolsafe dev` needs the package @poolsafe/stack, which brings PostgreSQL.\n  fix: npm install --save-dev @poolsafe/stack, or npx -p poolsafe -p @poolsafe/stack poolsafe dev',
      { cause },
    );
  }
}

const SERVER_CONNECTIONS = 5;

function specOf(
  { pgbouncer = 'latest', classic = false, port }: DevOptions,
  upstream: Upstream | undefined,
): Servers.PgBouncerSpec {
  return {
    version: pgbouncer,
    settings: {
      pool_mode: 'transaction',
      server_round_robin: 1,
      default_pool_size: SERVER_CONNECTIONS,
      // Those that are lost are opened anew, and none is closed for being idle.
      min_pool_size: SERVER_CONNECTIONS,
      server_idle_timeout: 0,
      ...(pgbouncer === '1.18' ? {} : { max_prepared_statements: classic ? 0 : 200 }),
      ...(port === undefined ? {} : { listen_port: port }),
      ...upstream?.settings,
    },
    ...(upstream && { files: upstream.files }),
  };
}

function logOf(bouncer: PgBouncer): string {
  return bouncer.log().trimEnd().split('\n').slice(-5).join('\n');
}

interface Parts {
  readonly bouncer: PgBouncer;
  readonly databaseUrl: string;
  readonly directUrl: string;
  readonly stop: () => Promise<void>;
  readonly options: DevOptions;
}

async function devOf({ bouncer, databaseUrl, directUrl, stop, options }: Parts): Promise<Dev> {
  try {
    const watch = await openInTurn(databaseUrl, SERVER_CONNECTIONS).catch((cause: Error) => {
      throw new Error(`PgBouncer has no connection to PostgreSQL: ${cause.message}\n${logOf(bouncer)}`, {
        cause,
      });
    });
    const ended = watch.ended.then(() => new Error(`PgBouncer ended by itself.\n${logOf(bouncer)}`));
    const stopAll = async () => {
      await watch.end();
      await stop();
    };
    return {
      databaseUrl,
      directUrl,
      pgbouncer: bouncer.version,
      postgres: watch.serverVersion,
      keepsStatements: options.classic !== true && options.pgbouncer !== '1.18',
      ended,
      stop: stopAll,
      [Symbol.asyncDispose]: stopAll,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
