import type { HazardCode } from './hazards.ts';

/** One row of {@link stories}: an error that people meet behind a pooler, and what it means. */
export interface Story {
  readonly id: string;
  /** SQLSTATE, where the error has one. */
  readonly sqlstate?: string;
  readonly text: RegExp;
  readonly raisedBy: 'PostgreSQL' | 'PgBouncer' | 'Supavisor' | 'the network';
  readonly cause: string;
  readonly fix: string;
  /** The hazard behind it, where poolsafe knows one. */
  readonly hazard?: HazardCode;
  /** Whether the same work may be sent again: it did not run, or nothing is known about that. */
  readonly retry: 'it did not run' | 'it may have run' | 'not until it is fixed';
}

const unnamed =
  'use the poolsafe package of your stack, which names no statement where the pooler cannot keep it';
const capacity = 'hold server connections for a shorter time, or raise the pool size';

/**
 * What people meet behind a pooler, most specific text first, whatever the driver or language: the server's own words
 * stand in the errors of all of them. Source: the error texts of a run, or of public threads for Supavisor and for the
 * drivers of other languages.
 */
export const stories: readonly Story[] = [
  {
    id: 'pgbouncer-statement-gone',
    sqlstate: '26000',
    text: /prepared statement "PGBOUNCER_\d+" does not exist/,
    raisedBy: 'PostgreSQL',
    cause: "somebody ran DEALLOCATE ALL or DISCARD ALL on the server connection behind PgBouncer's back",
    fix: 'find the client that sends it (old Prisma clients do with pgbouncer=true); PgBouncer 1.22 or later',
    hazard: 'POOLSAFE_DISCARD',
    retry: 'it did not run',
  },
  {
    id: 'statement-missing',
    sqlstate: '26000',
    text: /prepared statement "[^"]*" does not exist/,
    raisedBy: 'PostgreSQL',
    cause:
      'the statement was prepared on another server connection: the pooler changed it between two transactions',
    fix: unnamed,
    hazard: 'POOLSAFE_STATEMENT_NAME',
    retry: 'it did not run',
  },
  {
    id: 'unnamed-statement-missing',
    sqlstate: '26000',
    text: /unnamed prepared statement does not exist/,
    raisedBy: 'PostgreSQL',
    cause:
      'the driver prepares and executes in two steps, and the pooler changed the server connection between them',
    fix: "make the driver send both in one step (Go's lib/pq: binary_parameters=yes)",
    hazard: 'POOLSAFE_STATEMENT_NAME',
    retry: 'it did not run',
  },
  {
    id: 'statement-exists',
    sqlstate: '42P05',
    text: /prepared statement "[^"]*" already exists/,
    raisedBy: 'PostgreSQL',
    cause: 'another client prepared a statement of this name on the server connection that you share',
    fix: unnamed,
    hazard: 'POOLSAFE_STATEMENT_NAME',
    retry: 'it did not run',
  },
  {
    id: 'statement-of-another-client',
    sqlstate: '08P01',
    text: /bind message supplies \d+ parameters, but prepared statement "[^"]*" requires \d+/,
    raisedBy: 'PostgreSQL',
    cause:
      'the name belongs to another SQL text on this server connection: with as many parameters it would have answered with rows of that query',
    fix: unnamed,
    hazard: 'POOLSAFE_STATEMENT_NAME',
    retry: 'it did not run',
  },
  {
    id: 'statement-name-in-use',
    sqlstate: '08P01',
    text: /prepared statement name is already in use/,
    raisedBy: 'PgBouncer',
    cause:
      'a name was used again with other SQL after its first Parse failed; PgBouncer closed the connection',
    fix: unnamed,
    hazard: 'POOLSAFE_STATEMENT_NAME',
    retry: 'it did not run',
  },
  {
    id: 'statement-deallocated',
    sqlstate: '08P01',
    text: /prepared statement did not exist/,
    raisedBy: 'PgBouncer',
    cause: 'the client ran DEALLOCATE ALL and then used a statement that it had prepared before',
    fix: 'leave DEALLOCATE ALL out behind a pooler',
    hazard: 'POOLSAFE_DISCARD',
    retry: 'it did not run',
  },
  {
    id: 'cached-plan',
    sqlstate: '0A000',
    text: /cached plan must not change result type|cached statement plan is invalid due to/,
    raisedBy: 'PostgreSQL',
    cause:
      'a table changed under a prepared statement; a pooler that tracks statements shares the broken one among all clients',
    fix: 'name the columns instead of *, or change the SQL text; recycle the server connections after the migration',
    retry: 'it did not run',
  },
  {
    id: 'cursor-gone',
    sqlstate: '34000',
    text: /(?:cursor|portal) "[^"]*" does not exist/,
    raisedBy: 'PostgreSQL',
    cause:
      'a cursor lives on the server connection that opened it, and without WITH HOLD to the end of its transaction: it was read elsewhere, or later',
    fix: 'open, read and close it in one transaction, or fetch the rows without a server-side cursor',
    hazard: 'POOLSAFE_HOLD_CURSOR',
    retry: 'it did not run',
  },
  {
    id: 'lock-not-held',
    text: /you don't own a lock of type \w+|Failed to release advisory lock|Cannot run migrations because another migration process is currently running/,
    raisedBy: 'PostgreSQL',
    cause:
      'a session advisory lock stays on the server connection that took it: unlocking on another one does nothing, and the lock stays',
    fix: 'pg_advisory_xact_lock() in a transaction, or a direct connection for what locks (migrations); end the server connection that still holds it',
    hazard: 'POOLSAFE_ADVISORY_LOCK',
    retry: 'it may have run',
  },
  {
    id: 'several-statements',
    sqlstate: '42601',
    text: /cannot insert multiple commands into a prepared statement/,
    raisedBy: 'PostgreSQL',
    cause: 'several statements were sent in one text with parameters; no pooler is involved',
    fix: 'send them one by one in a transaction, or without parameters',
    retry: 'not until it is fixed',
  },
  {
    id: 'startup-parameter',
    sqlstate: '08P01',
    text: /unsupported startup parameter/,
    raisedBy: 'PgBouncer',
    cause: 'the login carries a parameter that PgBouncer cannot restore on every server connection',
    fix: 'remove it from the URL or options; see docs/hazards/POOLSAFE_STARTUP_PARAMETER.md',
    hazard: 'POOLSAFE_STARTUP_PARAMETER',
    retry: 'not until it is fixed',
  },
  {
    id: 'query-wait-timeout',
    sqlstate: '08P01',
    text: /query_wait_timeout/,
    raisedBy: 'PgBouncer',
    cause: 'no server connection became free within query_wait_timeout, or PostgreSQL is down',
    fix: capacity,
    retry: 'it did not run',
  },
  {
    id: 'max-client-conn',
    sqlstate: '08P01',
    text: /no more connections allowed/,
    raisedBy: 'PgBouncer',
    cause: 'max_client_conn clients are connected already',
    fix: 'lower the pool size of each process, or raise max_client_conn',
    retry: 'it did not run',
  },
  {
    id: 'idle-client',
    sqlstate: '08P01',
    text: /client_idle_timeout|idle transaction timeout|idle_transaction_timeout/,
    raisedBy: 'PgBouncer',
    cause: 'the connection was idle for longer than PgBouncer allows',
    fix: "let the client's pool close idle connections sooner; keep transactions short",
    retry: 'it may have run',
  },
  {
    id: 'server-crashed',
    sqlstate: '08P01',
    text: /server conn crashed|server login has been failing|pooler is shutting down/,
    raisedBy: 'PgBouncer',
    cause: 'the server connection or the pooler went away',
    fix: 'nothing in the application, if the pool recovers; look at PostgreSQL and the pooler',
    retry: 'it may have run',
  },
  {
    id: 'no-such-database',
    text: /no such database/,
    raisedBy: 'PgBouncer',
    cause: 'PgBouncer has no entry of this database name',
    fix: "the name in the URL must be one of PgBouncer's [databases]",
    retry: 'not until it is fixed',
  },
  {
    id: 'supavisor-capacity',
    text: /\((?:ECHECKOUTTIMEOUT|EMAXCONNSESSION|EMAXCONN)\)|Unable to check out process from the pool due to timeout|MaxClientsInSessionMode|Max client connections reached/,
    raisedBy: 'Supavisor',
    cause: 'the pool is full',
    fix: capacity,
    retry: 'it did not run',
  },
  {
    id: 'supavisor-tenant',
    text: /Tenant or user not found/,
    raisedBy: 'Supavisor',
    cause: 'the pooler finds the project by the user name and its own region, and found none',
    fix: "user `postgres.PROJECT_REF`, not `postgres`, and the host of the project's own region, both as the dashboard shows them",
    retry: 'not until it is fixed',
  },
  {
    id: 'aborted-transaction',
    sqlstate: '25P02',
    text: /current transaction is aborted/,
    raisedBy: 'PostgreSQL',
    cause: 'an earlier statement of this transaction failed, and its error was swallowed',
    fix: 'look at the first error; ROLLBACK',
    retry: 'it did not run',
  },
  {
    id: 'too-many-clients',
    sqlstate: '53300',
    text: /too many clients already|remaining connection slots are reserved/,
    raisedBy: 'PostgreSQL',
    cause: 'the server itself is full',
    fix: 'fewer direct connections; let the pooler share them',
    retry: 'it did not run',
  },
  {
    id: 'backend-terminated',
    sqlstate: '57P01',
    text: /terminating connection due to administrator command/,
    raisedBy: 'PostgreSQL',
    cause: 'the backend was terminated: a failover, a restart, or pg_terminate_backend',
    fix: 'nothing in the application, if the pool recovers',
    retry: 'it may have run',
  },
  {
    id: 'connection-lost',
    text: /server closed the connection unexpectedly|SSL connection has been closed unexpectedly|connection was closed in the middle of operation|An I\/O error occurred while sending to the backend/,
    raisedBy: 'the network',
    cause:
      'the connection ended without a word: the pooler or the server restarted, or something between closed an idle connection',
    fix: 'a new connection; let the pool check or close idle ones before the other side does',
    retry: 'it may have run',
  },
  {
    id: 'ipv6-only',
    text: /ENETUNREACH [0-9a-f]*:[0-9a-f:]+|\b[0-9a-f]{1,4}:[0-9a-f:]+\S*(?:, port \d+ failed:| connect:) [Nn]etwork is unreachable|(?:ENETUNREACH|ENOTFOUND|translate host name|lookup|UnknownHostException:).{1,99}db\.[a-z0-9]+\.supabase\.co/,
    raisedBy: 'the network',
    cause: 'the host has an IPv6 address only, and this machine has none',
    fix: 'the host of the shared pooler, which has IPv4',
    retry: 'it did not run',
  },
  {
    id: 'tls-chain',
    text: /self[- ]signed certificate in certificate chain|[Ee]ndpoint ID is not specified/,
    raisedBy: 'the network',
    cause: "the provider's certificate authority is not trusted here, or TLS carries no server name",
    fix: "sslrootcert with the provider's certificate; a client that sends SNI",
    retry: 'it did not run',
  },
];
