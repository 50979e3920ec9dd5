/** One row of {@link hints}: an error that the server or the pooler sends, and what it means. */
export interface Hint {
  readonly id: string;
  /** SQLSTATE, where the error has one. */
  readonly sqlstate?: string;
  readonly text: RegExp;
  readonly cause: string;
  readonly fix: string;
}

const unnamed =
  'use the poolsafe package of your stack, which names no statement where the pooler cannot keep it';
const capacity = 'hold server connections for a shorter time, or raise the pool size';

/**
 * Errors that a driver gets from the other side, most specific text first. The rest of what is known about them, and
 * errors that come from elsewhere, are in the `stories` of `@poolsafe/core/knowledge`.
 */
export const hints: readonly Hint[] = [
  {
    id: 'pgbouncer-statement-gone',
    sqlstate: '26000',
    text: /prepared statement "PGBOUNCER_\d+" does not exist/,
    cause: "somebody ran DEALLOCATE ALL or DISCARD ALL on the server connection behind PgBouncer's back",
    fix: 'find the client that sends it (old Prisma clients do with pgbouncer=true); PgBouncer 1.22 or later',
  },
  {
    id: 'statement-missing',
    sqlstate: '26000',
    text: /prepared statement "[^"]*" does not exist/,
    cause:
      'the statement was prepared on another server connection: the pooler changed it between two transactions',
    fix: unnamed,
  },
  {
    id: 'unnamed-statement-missing',
    sqlstate: '26000',
    text: /unnamed prepared statement does not exist/,
    cause:
      'the driver prepares and executes in two steps, and the pooler changed the server connection between them',
    fix: "make the driver send both in one step (Go's lib/pq: binary_parameters=yes)",
  },
  {
    id: 'statement-exists',
    sqlstate: '42P05',
    text: /prepared statement "[^"]*" already exists/,
    cause: 'another client prepared a statement of this name on the server connection that you share',
    fix: unnamed,
  },
  {
    id: 'statement-of-another-client',
    sqlstate: '08P01',
    text: /bind message supplies \d+ parameters, but prepared statement "[^"]*" requires \d+/,
    cause:
      'the name belongs to another SQL text on this server connection: with as many parameters it would have answered with rows of that query',
    fix: unnamed,
  },
  {
    id: 'statement-name-in-use',
    sqlstate: '08P01',
    text: /prepared statement name is already in use/,
    cause:
      'a name was used again with other SQL after its first Parse failed; PgBouncer closed the connection',
    fix: unnamed,
  },
  {
    id: 'statement-deallocated',
    sqlstate: '08P01',
    text: /prepared statement did not exist/,
    cause: 'the client ran DEALLOCATE ALL and then used a statement that it had prepared before',
    fix: 'leave DEALLOCATE ALL out behind a pooler',
  },
  {
    id: 'cached-plan',
    sqlstate: '0A000',
    text: /cached plan must not change result type|cached statement plan is invalid due to/,
    cause:
      'a table changed under a prepared statement; a pooler that tracks statements shares the broken one among all clients',
    fix: 'name the columns instead of *, or change the SQL text; recycle the server connections after the migration',
  },
  {
    id: 'cursor-gone',
    sqlstate: '34000',
    text: /(?:cursor|portal) "[^"]*" does not exist/,
    cause:
      'a cursor lives on the server connection that opened it, and without WITH HOLD to the end of its transaction: it was read elsewhere, or later',
    fix: 'open, read and close it in one transaction, or fetch the rows without a server-side cursor',
  },
  {
    id: 'several-statements',
    sqlstate: '42601',
    text: /cannot insert multiple commands into a prepared statement/,
    cause: 'several statements were sent in one text with parameters; no pooler is involved',
    fix: 'send them one by one in a transaction, or without parameters',
  },
  {
    id: 'startup-parameter',
    sqlstate: '08P01',
    text: /unsupported startup parameter/,
    cause: 'the login carries a parameter that PgBouncer cannot restore on every server connection',
    fix: 'remove it from the URL or options; see docs/hazards/POOLSAFE_STARTUP_PARAMETER.md',
  },
  {
    id: 'query-wait-timeout',
    sqlstate: '08P01',
    text: /query_wait_timeout/,
    cause: 'no server connection became free within query_wait_timeout, or PostgreSQL is down',
    fix: capacity,
  },
  {
    id: 'max-client-conn',
    sqlstate: '08P01',
    text: /no more connections allowed/,
    cause: 'max_client_conn clients are connected already',
    fix: 'lower the pool size of each process, or raise max_client_conn',
  },
  {
    id: 'idle-client',
    sqlstate: '08P01',
    text: /client_idle_timeout|idle transaction timeout|idle_transaction_timeout/,
    cause: 'the connection was idle for longer than PgBouncer allows',
    fix: "let the client's pool close idle connections sooner; keep transactions short",
  },
  {
    id: 'server-crashed',
    sqlstate: '08P01',
    text: /server conn crashed|server login has been failing|pooler is shutting down/,
    cause: 'the server connection or the pooler went away',
    fix: 'nothing in the application, if the pool recovers; look at PostgreSQL and the pooler',
  },
  {
    id: 'no-such-database',
    text: /no such database/,
    cause: 'PgBouncer has no entry of this database name',
    fix: "the name in the URL must be one of PgBouncer's [databases]",
  },
  {
    id: 'supavisor-capacity',
    text: /\((?:ECHECKOUTTIMEOUT|EMAXCONNSESSION|EMAXCONN)\)|Unable to check out process from the pool due to timeout|MaxClientsInSessionMode|Max client connections reached/,
    cause: 'the pool is full',
    fix: capacity,
  },
  {
    id: 'supavisor-tenant',
    text: /Tenant or user not found/,
    cause: 'the pooler finds the project by the user name and its own region, and found none',
    fix: "user `postgres.PROJECT_REF`, not `postgres`, and the host of the project's own region, both as the dashboard shows them",
  },
  {
    id: 'aborted-transaction',
    sqlstate: '25P02',
    text: /current transaction is aborted/,
    cause: 'an earlier statement of this transaction failed, and its error was swallowed',
    fix: 'look at the first error; ROLLBACK',
  },
  {
    id: 'too-many-clients',
    sqlstate: '53300',
    text: /too many clients already|remaining connection slots are reserved/,
    cause: 'the server itself is full',
    fix: 'fewer direct connections; let the pooler share them',
  },
  {
    id: 'backend-terminated',
    sqlstate: '57P01',
    text: /terminating connection due to administrator command/,
    cause: 'the backend was terminated: a failover, a restart, or pg_terminate_backend',
    fix: 'nothing in the application, if the pool recovers',
  },
  {
    id: 'tls-chain',
    text: /self[- ]signed certificate in certificate chain|[Ee]ndpoint ID is not specified/,
    cause: "the provider's certificate authority is not trusted here, or TLS carries no server name",
    fix: "sslrootcert with the provider's certificate; a client that sends SNI",
  },
];

/** What an error is known by. */
interface SentError {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/**
 * The explanation in one line of an error that the server or the pooler has sent, for the `hint` that it left empty.
 *
 * ```ts
 * if (error instanceof Error) console.error(error.message, hintFor(error))
 * ```
 */
export function hintFor({ code, message = '' }: SentError): string | undefined {
  const hint = hints.find(
    ({ sqlstate, text }) =>
      (sqlstate === undefined || code === undefined || sqlstate === code) && text.test(message),
  );
  return hint && `${hint.cause}; ${hint.fix}. See ${storyPage(hint.id)}`;
}

/** Where an error is told about, relative to the repository. */
export function storyPage(id: string): string {
  return `docs/errors.md#${id}`;
}
