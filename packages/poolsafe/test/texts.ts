import type { ClientStackName } from '../src/client-stacks.ts';

/** Errors as drivers and what wraps them print them: what it is, where it comes from, and the words that are shown. */
export const texts: readonly (readonly [
  code: string,
  stack: ClientStackName | undefined,
  evidence: string,
  text: string,
])[] = [
  [
    'statement-missing',
    'psycopg',
    'psycopg.errors.InvalidSqlStatementName: prepared statement "_pg3_0" does not exist',
    'psycopg.errors.InvalidSqlStatementName: prepared statement "_pg3_0" does not exist',
  ],
  [
    'statement-exists',
    'sqlalchemy-psycopg',
    'psycopg.errors.DuplicatePreparedStatement: prepared statement "_pg3_1" already exists',
    `sqlalchemy.exc.ProgrammingError: (psycopg.errors.DuplicatePreparedStatement) prepared statement "_pg3_1" already exists
[SQL: SELECT users.email FROM users WHERE users.email = %(email_1)s]
[parameters: {'email_1': 'bob@example.com'}]
(Background on this error at: https://sqlalche.me/e/20/f405)`,
  ],
  [
    'statement-missing',
    'asyncpg',
    'asyncpg.exceptions.InvalidSQLStatementNameError: prepared statement "__asyncpg_stmt_1__" does not exist',
    `  File "asyncpg/protocol/protocol.pyx", line 205, in bind_execute
asyncpg.exceptions.InvalidSQLStatementNameError: prepared statement "__asyncpg_stmt_1__" does not exist
HINT:
NOTE: pgbouncer with pool_mode set to "transaction" or
"statement" does not support prepared statements properly.`,
  ],
  [
    'statement-exists',
    'sqlalchemy-asyncpg',
    'asyncpg.exceptions.DuplicatePreparedStatementError: prepared statement "__asyncpg_stmt_4__" already exists',
    `sqlalchemy.exc.DBAPIError: (sqlalchemy.dialects.postgresql.asyncpg.Error) <class 'asyncpg.exceptions.DuplicatePreparedStatementError'>: prepared statement "__asyncpg_stmt_4__" already exists
HINT:
NOTE: pgbouncer with pool_mode set to "transaction" or
[SQL: select pg_catalog.version()]`,
  ],
  [
    'cached-plan',
    undefined,
    'asyncpg.exceptions.InvalidCachedStatementError: cached statement plan is invalid due to',
    'asyncpg.exceptions.InvalidCachedStatementError: cached statement plan is invalid due to a database schema or configuration change',
  ],
  [
    'cursor-gone',
    'django',
    'django.db.utils.OperationalError: cursor "_django_curs_140230_sync_1" does not exist',
    'django.db.utils.OperationalError: cursor "_django_curs_140230_sync_1" does not exist',
  ],
  [
    'statement-missing',
    'rails',
    'PG::InvalidSqlStatementName: ERROR: prepared statement "a3" does not exist',
    'ActiveRecord::StatementInvalid (PG::InvalidSqlStatementName: ERROR:  prepared statement "a3" does not exist): SELECT * FROM users WHERE email = \'bob@example.com\' [["email", "bob@example.com"]]',
  ],
  [
    'lock-not-held',
    'rails',
    'ActiveRecord::ConcurrentMigrationError: Failed to release advisory lock',
    'ActiveRecord::ConcurrentMigrationError: Failed to release advisory lock',
  ],
  [
    'statement-missing',
    'jdbc',
    'org.postgresql.util.PSQLException: ERROR: prepared statement "S_1" does not exist',
    `org.postgresql.util.PSQLException: ERROR: prepared statement "S_1" does not exist
\tat org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse(QueryExecutorImpl.java:2725)`,
  ],
  [
    'startup-parameter',
    'jdbc',
    'org.postgresql.util.PSQLException: FATAL: unsupported startup parameter',
    'org.postgresql.util.PSQLException: FATAL: unsupported startup parameter: extra_float_digits',
  ],
  [
    'statement-exists',
    'pgx',
    'ERROR: prepared statement "stmtcache_9e1b2f" already exists',
    'failed to query: ERROR: prepared statement "stmtcache_9e1b2f" already exists (SQLSTATE 42P05)',
  ],
  [
    'unnamed-statement-missing',
    'lib-pq',
    'unnamed prepared statement does not exist',
    'GoError: pq: unnamed prepared statement does not exist',
  ],
  [
    'statement-of-another-client',
    'lib-pq',
    'bind message supplies 2 parameters, but prepared statement "" requires 1',
    'pq: bind message supplies 2 parameters, but prepared statement "" requires 1',
  ],
  [
    'statement-exists',
    'prisma',
    'prepared statement "s0" already exists',
    'ConnectorError(ConnectorError { kind: QueryError(PostgresError { code: "42P05", message: "prepared statement \\"s0\\" already exists", severity: "ERROR" }) })',
  ],
  [
    'statement-missing',
    'drizzle',
    'error: prepared statement "find_user" does not exist',
    `DrizzleQueryError: Failed query: select "email" from "users" where "email" = $1
params: bob@example.com
    at NodePgPreparedQuery.queryWithCache (/app/node_modules/drizzle-orm/pg-core/session.js:41:15)
  [cause]: error: prepared statement "find_user" does not exist
      at /app/node_modules/pg/lib/client.js:624:17 {
    code: '26000',`,
  ],
  [
    'statement-exists',
    'pg',
    'error: prepared statement "s0" already exists',
    `error: prepared statement "s0" already exists
    at Parser.parseErrorMessage (/app/node_modules/pg-protocol/dist/parser.js:287:98)`,
  ],
  [
    'statement-missing',
    'postgres',
    'PostgresError: prepared statement "kq1z2" does not exist',
    `PostgresError: prepared statement "kq1z2" does not exist
    at ErrorResponse (file:///app/node_modules/postgres/src/connection.js:794:26)`,
  ],
  [
    'statement-missing',
    'typeorm',
    'QueryFailedError: prepared statement "q" does not exist',
    'QueryFailedError: prepared statement "q" does not exist',
  ],
  [
    'statement-missing',
    'kysely',
    'error: prepared statement "q" does not exist',
    `error: prepared statement "q" does not exist
    at /app/node_modules/pg/lib/client.js:624:17
    at async PostgresConnection.executeQuery (file:///app/node_modules/kysely/dist/esm/dialect/postgres/postgres-driver.js:98:28)`,
  ],
  [
    'supavisor-tenant',
    undefined,
    'FATAL: Tenant or user not found',
    'psycopg.OperationalError: connection failed: connection to server at "52.1.2.3", port 6543 failed: FATAL:  Tenant or user not found',
  ],
  [
    'POOLSAFE_LISTEN',
    undefined,
    'POOLSAFE_LISTEN',
    "HazardError: POOLSAFE_LISTEN  notifications arrive on the session that listens (behind PgBouncer).\n  statement: listen news\n  fix: …\n  code: 'POOLSAFE_LISTEN',",
  ],
];
