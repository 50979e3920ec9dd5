import type * as poolsafe from '@poolsafe/kysely';
import type * as pg from '@poolsafe/pg';
import type * as kysely from 'kysely';
import type * as migration from 'kysely/migration';

declare global {
  const Kysely: typeof kysely.Kysely;
  type Kysely<T> = kysely.Kysely<T>;
  const Migrator: typeof migration.Migrator;
  const sql: typeof kysely.sql;
  const provider: migration.MigrationProvider;
  const PostgresDialect: typeof poolsafe.PostgresDialect;
  const dialect: poolsafe.PostgresDialect;
  const withSettings: typeof poolsafe.withSettings;
  const Pool: typeof pg.Pool;
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
