import type { Stack } from '@poolsafe/core/knowledge';
import type { DoctorCode } from './finding-rows.ts';

/** Where something breaks: what the server, or the lack of one, must be like. */
export type Where =
  /** A pooler in transaction mode that keeps no statements. */
  | 'statements lost'
  /** Any pooler in transaction mode. */
  | 'transaction mode'
  /** Any pooler. */
  | 'pooler'
  /** With and without a pooler. */
  | 'anywhere';

/** What breaks in a library as it is. */
export interface Break {
  readonly code: DoctorCode;
  readonly where: Where;
  /** The module that must be imported for it, where not all of the package has it. */
  readonly module?: string;
  /** From this version on, or below that one. */
  readonly from?: string;
  readonly below?: string;
  readonly says: string;
  /** Instead of the swap of the import. */
  readonly fix?: string;
  /** How it is known: measured, or read. */
  readonly source: string;
}

/** A library that talks to PostgreSQL, and what is known about it. */
export interface StackRow {
  readonly package: string;
  readonly title: string;
  readonly stack?: Stack;
  readonly replacement?: string;
  /** The lowest version that the replacement takes. */
  readonly lowest?: string;
  readonly swap?: readonly [from: string, to: string];
  readonly breaks: readonly Break[];
}

const measured = 'measured: docs/conformance.md';
const crash: Break = {
  code: 'DOCTOR_STACK_CRASHES',
  where: 'anywhere',
  says: "a connection that is lost while a client is checked out ends the process with an unhandled 'error' event; a pooler's timeouts and restarts lose connections",
  source: measured,
};

/** What each library breaks on, by itself. Versions are those that were run; older ones are taken to be no better. */
export const stackRows: readonly StackRow[] = [
  {
    package: 'pg',
    title: 'pg (node-postgres)',
    stack: 'pg',
    replacement: '@poolsafe/pg',
    lowest: '8.11.0',
    swap: ["import { Pool } from 'pg'", "import { Pool } from '@poolsafe/pg'"],
    breaks: [
      {
        code: 'DOCTOR_STACK_NAMES',
        where: 'statements lost',
        says: 'queries with a name ({ name, text }) fail with 26000 or 42P05, or return rows of the query of another client',
        source: measured,
      },
      crash,
    ],
  },
  {
    package: 'postgres',
    title: 'postgres.js',
    stack: 'postgres',
    replacement: '@poolsafe/postgres',
    lowest: '3.4.9',
    swap: ["import postgres from 'postgres'", "import postgres from '@poolsafe/postgres'"],
    breaks: [
      {
        code: 'DOCTOR_STACK_HANGS',
        where: 'statements lost',
        says: 'with prepare: true, its default, of 200 concurrent queries with parameters 25 to 80 came back, and of 1,000 transactions that were reported committed half really were; with prepare: false all are well',
        source: 'measured with 3.4.9',
      },
    ],
  },
  {
    package: 'drizzle-orm',
    title: 'Drizzle',
    stack: 'drizzle',
    replacement: '@poolsafe/drizzle',
    lowest: '0.29.0',
    swap: [
      "import { drizzle } from 'drizzle-orm/node-postgres'",
      "import { drizzle } from '@poolsafe/drizzle/node-postgres'",
    ],
    breaks: [
      {
        code: 'DOCTOR_STACK_NAMES',
        where: 'statements lost',
        module: 'drizzle-orm/node-postgres',
        says: ".prepare('name') over node-postgres names a statement: 26000, 42P05, or rows of another query under the type of this one. Queries without .prepare() are well",
        source: measured,
      },
      {
        code: 'DOCTOR_STACK_MIGRATIONS',
        where: 'anywhere',
        says: 'migrate() takes no lock: two deployments at once apply a migration twice',
        source: measured,
      },
    ],
  },
  {
    package: 'kysely',
    title: 'Kysely',
    stack: 'kysely',
    replacement: '@poolsafe/kysely',
    lowest: '0.27.0',
    swap: ["import { PostgresDialect } from 'kysely'", "import { PostgresDialect } from '@poolsafe/kysely'"],
    breaks: [
      {
        code: 'DOCTOR_STACK_MIGRATIONS',
        where: 'transaction mode',
        says: 'Migrator takes a session lock, which stays on a server connection: the next deployment waits up to an hour, or two migrate at once',
        source: measured,
      },
      {
        code: 'DOCTOR_STACK_CANCELS',
        where: 'pooler',
        from: '0.29.0',
        says: "inflightQueryAbortStrategy 'cancel query' and 'kill session' cancel by a pid that is not PostgreSQL's: nothing, or the query of another client",
        source: measured,
      },
    ],
  },
  {
    package: 'kysely-postgres-js',
    title: 'Kysely over postgres.js',
    stack: 'kysely',
    replacement: '@poolsafe/kysely',
    lowest: '3.0.0',
    swap: [
      "import { PostgresJSDialect } from 'kysely-postgres-js'",
      "import { PostgresJSDialect } from '@poolsafe/kysely/postgres-js'",
    ],
    breaks: [
      {
        code: 'DOCTOR_STACK_NAMES',
        where: 'statements lost',
        from: '5.0.0',
        says: 'it asks for named statements since 5.0.0: 26000 in transactions, unless the client has prepare: false',
        source: measured,
      },
      {
        code: 'DOCTOR_STACK_CRASHES',
        where: 'anywhere',
        says: "a lost connection ends the process: Cannot read properties of null (reading 'write')",
        source: measured,
      },
    ],
  },
  {
    package: '@prisma/adapter-pg',
    title: 'Prisma with its adapter for pg',
    stack: 'prisma',
    replacement: '@poolsafe/prisma',
    lowest: '6.19.0',
    swap: ["import { PrismaPg } from '@prisma/adapter-pg'", "import { PrismaPg } from '@poolsafe/prisma'"],
    breaks: [
      {
        code: 'DOCTOR_STACK_NAMES',
        where: 'statements lost',
        says: 'with a statementNameGenerator: 26000 (as P2039 or P2010), 42P05. Without one nothing is named',
        source: measured,
      },
      {
        code: 'DOCTOR_STACK_MIGRATIONS',
        where: 'transaction mode',
        says: 'prisma migrate takes a session lock (P1002 after 10 s where it was left on a server connection)',
        fix: 'the direct URL for migrations in prisma.config.ts: datasource: { url: migrationUrl() }, from @poolsafe/prisma',
        source: 'read in public threads, not run',
      },
    ],
  },
  {
    package: '@prisma/client',
    title: 'Prisma',
    breaks: [
      {
        code: 'DOCTOR_STACK_NAMES',
        where: 'statements lost',
        below: '7.0.0',
        says: "Prisma's own engine names statements, unless the URL has pgbouncer=true, which then sends DEALLOCATE ALL at each transaction. With the adapter (6.19 and later) neither is so",
        fix: 'datasourceUrl() of @poolsafe/prisma gives the URL that pooler and engine need; or the adapter, @poolsafe/prisma',
        source: 'read in the source of the engine, not run',
      },
    ],
  },
  {
    package: 'typeorm',
    title: 'TypeORM',
    stack: 'typeorm',
    replacement: '@poolsafe/typeorm',
    lowest: '0.3.20',
    swap: ["import { DataSource } from 'typeorm'", "import { DataSource } from '@poolsafe/typeorm'"],
    breaks: [
      {
        code: 'DOCTOR_STACK_MIGRATIONS',
        where: 'anywhere',
        says: 'runMigrations() takes no lock: two deployments at once fail with 23505 or 42P07, or apply a migration twice',
        source: measured,
      },
      {
        code: 'DOCTOR_STACK_SESSION',
        where: 'pooler',
        says: 'timeouts in `extra` (statement_timeout, …) are startup parameters, which a pooler refuses: the login fails',
        fix: 'leave them out and use withSettings() of @poolsafe/typeorm, or ALTER ROLE … SET',
        source: measured,
      },
    ],
  },
  {
    package: 'knex',
    title: 'Knex',
    breaks: [
      {
        code: 'DOCTOR_STACK_NAMES',
        where: 'statements lost',
        says: '.options({ name }) fails with 26000 for good, since the client stays in the pool, or returns rows of another query',
        fix: 'no .options({ name })',
        source: 'measured with 3.3.0',
      },
      {
        code: 'DOCTOR_STACK_SESSION',
        where: 'transaction mode',
        says: 'searchPath is set once for a connection: it is lost, and reaches other clients',
        fix: 'ALTER ROLE … SET search_path, or withSchema()',
        source: 'measured with 3.3.0',
      },
      {
        code: 'DOCTOR_STACK_CANCELS',
        where: 'pooler',
        says: '.timeout(ms, { cancel: true }) cancels nothing: the query runs on',
        fix: 'statement_timeout with SET LOCAL in a transaction',
        source: 'measured with 3.3.0',
      },
      {
        code: 'DOCTOR_STACK_UNSUPPORTED',
        where: 'anywhere',
        says: 'Knex makes its clients of pg itself; without the options above it works behind a pooler',
        source: 'measured with 3.3.0',
      },
    ],
  },
  ...[
    'sequelize',
    'pg-promise',
    '@mikro-orm/postgresql',
    'objection',
    'slonik',
    '@neondatabase/serverless',
  ].map(
    (name): StackRow => ({
      package: name,
      title: name,
      breaks: [
        {
          code: 'DOCTOR_STACK_UNSUPPORTED',
          where: 'anywhere',
          says: `nothing was run with ${name}`,
          source: 'not run',
        },
      ],
    }),
  ),
];
