import { type HazardCode, hazardPage } from '@poolsafe/core';
import { hazards } from '@poolsafe/core/knowledge';
import type { Finding } from '../finding.ts';

/**
 * One thing that {@link diagnose} found.
 *
 * ```ts
 * const { findings } = await diagnose()
 * for (const { code, title, evidence, fix } of findings) console.log(code, title, evidence, fix)
 * ```
 */
export interface DoctorFinding extends Finding {
  readonly code: DoctorCode;
  readonly title: string;
}

/** A kind of finding: what is always the same about it. */
export interface FindingRow {
  readonly severity: Finding['severity'];
  readonly title: string;
  readonly fix: string;
}

/** The kinds of findings that are no hazards of core, and nothing else: the page docs/doctor.md is made of them. */
const rows = {
  DOCTOR_NO_URL: {
    severity: 'warning',
    title: 'There is no connection URL',
    fix: 'set DATABASE_URL in the environment or in .env, or give the URL: poolsafe doctor postgres://…',
  },
  DOCTOR_URL: {
    severity: 'error',
    title: 'The connection URL cannot be used',
    fix: 'postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special characters of the password percent-encoded',
  },
  DOCTOR_HOST: {
    severity: 'error',
    title: 'The host name is unknown',
    fix: 'compare the host with what the dashboard of your provider shows; a name that is only known inside a private network needs that network',
  },
  DOCTOR_IPV6: {
    severity: 'error',
    title: 'The host has IPv6 addresses only, and they cannot be reached from here',
    fix: "the host of the provider's shared pooler, which has IPv4 (Supabase: aws-0-REGION.pooler.supabase.com), or an IPv4 address for the host",
  },
  DOCTOR_REFUSED: {
    severity: 'error',
    title: 'Nobody listens at this host and port',
    fix: 'start the server or pooler, or correct host and port: PostgreSQL listens at 5432, PgBouncer at 6432, Supabase in transaction mode at 6543',
  },
  DOCTOR_UNREACHABLE: {
    severity: 'error',
    title: 'The host does not answer',
    fix: "a firewall, a list of allowed addresses at the provider, or a private network is in between; check the host, and let this machine's address in",
  },
  DOCTOR_NO_SERVER: {
    severity: 'error',
    title: 'The pooler has no server connection to give: all are in use, or it does not reach PostgreSQL',
    fix: 'its log and SHOW POOLS on its console say which. In use: shorter transactions, or a larger pool. Not reached: start PostgreSQL, or correct host, port and user in the configuration of the pooler',
  },
  DOCTOR_SILENT: {
    severity: 'error',
    title: 'The login gets no answer',
    fix: 'if it is a pooler: it has no server connection to give, since all are in use, or since it does not reach PostgreSQL; its log and SHOW POOLS on its console say which. Else: this port speaks another protocol',
  },
  DOCTOR_PASSWORD: {
    severity: 'error',
    title: 'The user name or the password is wrong',
    fix: 'set the password anew, and percent-encode its special characters in the URL: encodeURIComponent(password). A pooler has a list of users of its own (PgBouncer: auth_file or auth_query)',
  },
  DOCTOR_DATABASE: {
    severity: 'error',
    title: 'There is no such database',
    fix: 'correct the last part of the URL; a pooler has names of its own for databases (PgBouncer: [databases])',
  },
  DOCTOR_TLS_REQUIRED: {
    severity: 'error',
    title: 'The server takes encrypted connections only',
    fix: 'add ?sslmode=verify-full to the URL, with &sslrootcert=FILE where the certificate is of an authority of your provider',
  },
  DOCTOR_TLS_UNSUPPORTED: {
    severity: 'error',
    title: 'The URL asks for TLS, and the server has none',
    fix: 'leave sslmode out where the network is your own, or switch TLS on (PgBouncer: client_tls_sslmode; PostgreSQL: ssl = on)',
  },
  DOCTOR_CERTIFICATE: {
    severity: 'error',
    title: 'The certificate of the server is not trusted here',
    fix: "sslrootcert=FILE with the certificate of the provider's authority, from its dashboard; for a host name that the certificate does not have, the name that it has",
  },
  DOCTOR_NOT_ALLOWED: {
    severity: 'error',
    title: 'The server lets this user not in from here',
    fix: 'a line for the user, the database and this address in pg_hba.conf, or the list of allowed addresses at the provider',
  },
  DOCTOR_POOL_FULL: {
    severity: 'error',
    title: 'The pooler is full',
    fix: 'hold connections for a shorter time, lower the pool size of each process, or raise the limits of the pooler',
  },
  DOCTOR_SERVER_FULL: {
    severity: 'error',
    title: 'PostgreSQL has no connection left',
    fix: 'fewer direct connections: let a pooler share them',
  },
  DOCTOR_SERVER_DOWN: {
    severity: 'error',
    title: 'The pooler is there, and PostgreSQL behind it is not',
    fix: 'start PostgreSQL, or correct host, port and user in the configuration of the pooler; its log has the error that it gets',
  },
  DOCTOR_STARTING: {
    severity: 'error',
    title: 'PostgreSQL is starting or stopping',
    fix: 'try again; its log says what it waits for',
  },
  DOCTOR_TENANT: {
    severity: 'error',
    title: 'The pooler does not know the project',
    fix: "user postgres.PROJECT_REF, not postgres, and the host of the project's own region, both as the dashboard shows them",
  },
  DOCTOR_LOGIN: {
    severity: 'error',
    title: 'The login failed',
    fix: 'poolsafe explain with the text may know more',
  },
  DOCTOR_TLS_OFF: {
    severity: 'warning',
    title: 'The connection is not encrypted',
    fix: 'add ?sslmode=verify-full to the URL, with &sslrootcert=FILE where the certificate is of an authority of your provider',
  },
  DOCTOR_IPV6_BROKEN: {
    severity: 'info',
    title: 'Some addresses of the host cannot be reached from here',
    fix: 'nothing, where the driver tries the next one (Node 20 and later do)',
  },
  DOCTOR_STATEMENT_MODE: {
    severity: 'error',
    title: 'The pooler is in statement mode: there are no transactions',
    fix: 'pool_mode = transaction for this database',
  },
  DOCTOR_SESSION_LOST: {
    severity: 'info',
    title:
      'Transaction mode: SET, LISTEN, session locks and temporary tables are lost, and reach other clients',
    fix: 'transaction-scoped forms (docs/hazards), withSettings(), or a direct connection for what needs a session',
  },
  DOCTOR_STATEMENTS_LOST: {
    severity: 'info',
    title: 'The pooler keeps no prepared statements: named ones fail, or run the statement of somebody else',
    fix: 'a driver that names none here (the poolsafe packages do so by themselves), or a pooler that keeps them (PgBouncer 1.21 or later: max_prepared_statements = 200)',
  },
  DOCTOR_SESSION_FULL: {
    severity: 'warning',
    title: 'A pooler in session mode whose pool is full: a second client waits for the first to leave',
    fix: 'transaction mode, or a pool that has room for all clients of all processes together',
  },
  DOCTOR_LEFT_BEHIND: {
    severity: 'error',
    title: 'Server connections of the pool carry what other clients have left: your statements run with it',
    fix: 'find the code that does it (docs/hazards; settings may also be of connect_query of PgBouncer), and end these server connections: RECONNECT on the console of PgBouncer, or pg_terminate_backend()',
  },
  DOCTOR_ROLE_LEAKED: {
    severity: 'error',
    title: 'A server connection of the pool acts as a role that somebody else has set',
    fix: 'SET LOCAL ROLE in transactions instead of SET ROLE; end the server connection: RECONNECT on the console of PgBouncer',
  },
  DOCTOR_BYPASSES_RLS: {
    severity: 'warning',
    title: 'Row-level security does not hold for this role',
    fix: 'let the application log in as a role without SUPERUSER and BYPASSRLS that does not own the tables, or ALTER TABLE … FORCE ROW LEVEL SECURITY for the owner',
  },
  DOCTOR_NEARLY_FULL: {
    severity: 'warning',
    title: 'PostgreSQL has few connections left',
    fix: 'fewer direct connections: smaller pools in each process, and a pooler in front; raising max_connections costs memory',
  },
  DOCTOR_IDLE_IN_TRANSACTION: {
    severity: 'warning',
    title: 'Transactions have been open and idle for more than a minute: each holds a server connection',
    fix: 'commit or roll back in every path; idle_in_transaction_session_timeout for the role ends those that are forgotten',
  },
  DOCTOR_TIME_ZONE: {
    severity: 'warning',
    title: "Prisma's adapter writes times without an offset, and the sessions are not in UTC",
    fix: '@poolsafe/prisma, whose sessions are in UTC, or ALTER ROLE … SET TimeZone = UTC',
  },
  DOCTOR_NO_DIRECT_URL: {
    severity: 'warning',
    title: 'There is no URL that leads to PostgreSQL itself: migrations, LISTEN and session locks need one',
    fix: 'set DIRECT_URL',
  },
  DOCTOR_DIRECT_IS_POOLED: {
    severity: 'error',
    title: 'The URL for direct connections leads to a pooler',
    fix: 'set it to the URL that reaches PostgreSQL without the pooler, or leave it out',
  },
  DOCTOR_DIRECT_ELSEWHERE: {
    severity: 'warning',
    title: 'The URL for direct connections leads to another server or database than that of the application',
    fix: 'both URLs with the same server and database, or migrations change what the application does not use',
  },
  DOCTOR_URL_KEYS: {
    severity: 'warning',
    title: 'The URL has keys that this driver does not understand',
    fix: 'leave them out, or swap the import: the poolsafe packages take them out',
  },
  DOCTOR_STACK_NAMES: {
    severity: 'warning',
    title: 'Named statements break here',
    fix: 'swap the import',
  },
  DOCTOR_STACK_HANGS: {
    severity: 'error',
    title: 'Queries never return, and commits are lost here',
    fix: 'swap the import, or prepare: false for the whole client',
  },
  DOCTOR_STACK_CRASHES: {
    severity: 'warning',
    title: 'A lost connection ends the process',
    fix: 'swap the import, or an error listener on the pool and on each of its clients',
  },
  DOCTOR_STACK_MIGRATIONS: {
    severity: 'warning',
    title: 'Migrations of two deployments at once get into each other',
    fix: 'swap the import',
  },
  DOCTOR_STACK_CANCELS: {
    severity: 'warning',
    title: 'Cancelling a query cancels nothing, or that of somebody else',
    fix: 'swap the import',
  },
  DOCTOR_STACK_SESSION: {
    severity: 'warning',
    title: 'A setting of this library needs a session',
    fix: 'leave it out',
  },
  DOCTOR_STACK_UNSUPPORTED: {
    severity: 'info',
    title: 'There is no poolsafe package for this library',
    fix: 'what it can do itself is in the evidence; poolsafe explain knows its errors',
  },
  DOCTOR_VERSION: {
    severity: 'warning',
    title: 'The installed version is older than what the poolsafe package needs',
    fix: 'update it first',
  },
  DOCTOR_NOT_INSTALLED: {
    severity: 'info',
    title: 'Versions are not known, since nothing is installed and no lockfile has them',
    fix: 'install the dependencies, and run it again',
  },
  DOCTOR_BARE_IMPORTS: {
    severity: 'warning',
    title: 'The poolsafe package is installed, and the code still imports the library itself',
    fix: 'poolsafe init shows the swap; poolsafe init --write makes it',
  },
} as const;

/** The code of a kind of finding that is the doctor's own. */
export type OwnCode = keyof typeof rows;

/** {@link FindingRow} by its code. */
export const findingRows: { readonly [Code in OwnCode]: FindingRow } = rows;

/** The `code` of a {@link DoctorFinding}: one of the doctor's own, or a hazard. */
export type DoctorCode = OwnCode | HazardCode;

/** What a finding has that is not in its row. */
export interface Noted {
  /** What was sent, and what came back. */
  readonly evidence: string;
  readonly title?: string;
  readonly fix?: string;
  readonly severity?: DoctorFinding['severity'];
}

/** A finding: what its row says, and what was seen. */
export function findingOf(code: DoctorCode, noted: Noted): DoctorFinding {
  if (isOwn(code))
    return { code, ...findingRows[code], ...noted, page: `docs/doctor.md#${code.toLowerCase()}` };
  const { why, fix } = hazards[code];
  return { code, severity: 'error', title: why, fix, ...noted, page: hazardPage(code) };
}

function isOwn(code: DoctorCode): code is OwnCode {
  return Object.hasOwn(findingRows, code);
}
