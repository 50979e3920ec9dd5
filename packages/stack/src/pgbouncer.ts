import type { Address } from './address.ts';
import { openPooler, type Pooler } from './pooler.ts';
import { atLeast, type Binary, findBinary } from './program-binaries.ts';
import { PGBOUNCER } from './programs.ts';
import { type ProgressOptions, withProgress } from './progress.ts';

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
  /** Further files that settings name, such as `server_tls_ca_file`: names without a directory, and their contents. */
  readonly files?: Readonly<Record<string, string>>;
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
export type PgBouncer = Pooler;

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
    return openPgBouncer(spec, await pgbouncerBinary(spec, report), postgres, report);
  });
}

/** The binary of a spec. */
export function pgbouncerBinary(spec: PgBouncerSpec, report: (line: string) => void): Promise<Binary> {
  return findBinary(PGBOUNCER, spec.version, spec.binary, report);
}

/** {@link startPgBouncer} with a binary that was found before, and somebody else's progress line. */
export function openPgBouncer(
  spec: PgBouncerSpec,
  binary: Binary,
  postgres: Address,
  report: (line: string) => void,
): Promise<PgBouncer> {
  const port = spec.settings?.listen_port;
  const plan = {
    title: PGBOUNCER.title,
    name: spec.name ?? spec.version,
    binary,
    configuration: 'pgbouncer.ini',
    files: (address: Address) => ({
      ...spec.files,
      'pgbouncer.ini': configuration(spec, address, postgres),
      'users.txt': `${quoted(postgres.user)} ${quoted(postgres.password)}\n`,
    }),
    ready: 'process up',
    console: 'pgbouncer',
    immediate: atLeast(binary.version, '1.23') ? 'SIGQUIT' : 'SIGTERM',
    port: port === undefined ? port : Number(port),
  } as const;
  return openPooler(plan, postgres, report);
}

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

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
