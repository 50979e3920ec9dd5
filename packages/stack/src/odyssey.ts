import type { Address } from './address.ts';
import { openPooler, type Pooler } from './pooler.ts';
import { findBinary } from './program-binaries.ts';
import { ODYSSEY } from './programs.ts';
import { type ProgressOptions, withProgress } from './progress.ts';

/**
 * An Odyssey to start, the latest: whether it keeps prepared statements, and how large its pools are.
 *
 * ```ts
 * const spec: OdysseySpec = { preparedStatements: false, poolSize: 2 }
 * ```
 */
export interface OdysseySpec {
  /** What its errors call it. Default: `odyssey`. */
  readonly name?: string;
  /** Path of the Odyssey to run. Default: one that is installed, in the cache, or in Debian. */
  readonly binary?: string;
  /**
   * `true`: it prepares a client's named statements on whichever connection the client gets, and cleans a connection
   * of everything else between two transactions (`pool_reserve_prepared_statement`, `pool_smart_discard`).
   * `false`: it does not know of them, and cleans with its default, DISCARD ALL, which forgets them.
   */
  readonly preparedStatements: boolean;
  /** Connections to PostgreSQL for each user and database; 0 is any number. Default: 5. */
  readonly poolSize?: number;
}

/**
 * A running Odyssey.
 *
 * ```ts
 * const odyssey: Odyssey = await startOdyssey({ preparedStatements: true }, address)
 * const pool = new Pool({ connectionString: odyssey.url(database) })
 * await odyssey.kill()
 * await odyssey.restart()
 * ```
 */
export type Odyssey = Pooler;

/**
 * Starts an Odyssey with transaction pooling on a free port of 127.0.0.1, in front of a PostgreSQL that anybody may
 * have started. It does not keep the process alive, and it ends with the process, however that ends. The user of the
 * address and all users whose passwords PostgreSQL keeps as SCRAM secrets can log in, to any database; Odyssey looks
 * at a password again after 15 seconds. The database `console` is Odyssey's console. Its log is half a second late.
 *
 * ```ts
 * import { startOdyssey, startPostgres } from '@poolsafe/stack'
 *
 * await using postgres = await startPostgres()
 * await using odyssey = await startOdyssey({ preparedStatements: true }, postgres.address)
 * console.log(odyssey.version, odyssey.url('postgres'), await odyssey.admin('SHOW POOLS'))
 * ```
 *
 * @throws {Error} when there is no Odyssey, with the commands that get one; when the user, the password or the host
 * has a quotation mark or a line break, or ends with a backslash, which Odyssey's configuration cannot express; when
 * `poolSize` is not a whole number; or with the end of its log when it does not start.
 */
export function startOdyssey(
  spec: OdysseySpec,
  postgres: Address,
  options: ProgressOptions = {},
): Promise<Odyssey> {
  return withProgress(options, async (report) => {
    const plan = {
      title: ODYSSEY.title,
      name: spec.name ?? 'odyssey',
      binary: await findBinary(ODYSSEY, 'latest', spec.binary, report),
      configuration: 'odyssey.conf',
      files: (address: Address) => ({ 'odyssey.conf': configuration(spec, address, postgres) }),
      ready: 'listening on',
      console: 'console',
      immediate: 'SIGKILL',
      // What it logs last is lost when it ends by itself, and so is the reason when that is the port.
      portTaken: (log: string) => !/\b(error|listening on)\b/.test(log),
    } as const;
    return openPooler(plan, postgres, report);
  });
}

function configuration(spec: OdysseySpec, address: Address, postgres: Address): string {
  const user = quoted(postgres.user);
  const host = postgres.host.includes(':') ? `[${postgres.host}]` : postgres.host;
  const { known, others } = authentication(postgres);
  const route = routeOptions(spec);
  return `
daemonize no
log_to_stdout yes
log_format "%t %l [%i %s] (%c) %m\\n"
log_session no
log_stats no
listen { host ${quoted(address.host)} port ${address.port} }
storage "postgres" { type "remote" host ${quoted(host)} port ${postgres.port} }
storage "console" { type "local" }
database default {
  user ${user} { ${known} ${route} }
  user default { ${others} ${route} }
}
database "auth_query" {
  user "auth_query" {
    authentication "none" pool_routing "internal"
    storage "postgres" storage_db "postgres" storage_user ${user} storage_password ${quoted(postgres.password)}
    pool "transaction" pool_size 1
  }
}
database "console" { user ${user} { ${known} role "admin" storage "console" pool "session" } }
`;
}

/** How the user of the address shows who it is, and how PostgreSQL's other users do. */
function authentication({ password }: Address): { readonly known: string; readonly others: string } {
  if (password === '') return { known: 'authentication "none"', others: 'authentication "none"' };
  return {
    // With the password itself Odyssey can log in to PostgreSQL whichever way PostgreSQL asks.
    known: `authentication "scram-sha-256" password ${quoted(password)}`,
    // From a SCRAM login Odyssey keeps what it needs to log in to PostgreSQL as the same user.
    others: `authentication "scram-sha-256" auth_query_db "auth_query" auth_query_user "auth_query"
      auth_query "SELECT usename, passwd FROM pg_shadow WHERE usename = $1"`,
  };
}

function routeOptions({ preparedStatements, poolSize = 5 }: OdysseySpec): string {
  if (!Number.isSafeInteger(poolSize) || poolSize < 0) {
    throw new Error(`poolSize is ${poolSize}: give a whole number, 0 for any number of connections.`);
  }
  const statements = preparedStatements
    ? 'pool_reserve_prepared_statement yes pool_discard no pool_smart_discard yes'
    : 'pool_reserve_prepared_statement no';
  return `storage "postgres" pool "transaction" pool_size ${poolSize} client_fwd_error yes ${statements}`;
}

/** Odyssey's strings have no escapes: a backslash stays, and keeps what is behind it from ending the string. */
function quoted(text: string): string {
  if (/^(?:[^"\\\r\n]|\\[^\r\n])*$/.test(text)) return `"${text}"`;
  throw new Error(
    `Odyssey's configuration cannot express a user, password or host with a quotation mark or a line break, or a backslash at the end: give PostgreSQL's address with another user.`,
  );
}
