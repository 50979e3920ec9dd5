import type * as poolsafe from '@poolsafe/kysely/postgres-js';
import type * as kysely from 'kysely';
import type * as migration from 'kysely/migration';

declare global {
  const Kysely: typeof kysely.Kysely;
  const Migrator: typeof migration.Migrator;
  const sql: typeof kysely.sql;
  const provider: migration.MigrationProvider;
  const PostgresJSDialect: typeof poolsafe.PostgresJSDialect;
  const dialect: poolsafe.PostgresJSDialect;
  interface Database {
    notes: {
      id: kysely.Generated<number>;
      tenant: kysely.Generated<number>;
      body: string;
      done: kysely.Generated<boolean>;
    };
  }
  const db: kysely.Kysely<Database>;
}
