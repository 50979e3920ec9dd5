// Checked by the compiler alone: that the import can be swapped, and that mistakes are still mistakes.
import {
  type Drizzle,
  drizzle,
  type PostgresJsDatabase,
  type PostgresJsTransaction,
} from '@poolsafe/drizzle/postgres-js';
import * as migrator from '@poolsafe/drizzle/postgres-js/migrator';
import postgres, { type Sql } from '@poolsafe/postgres';
import { integer, pgTable } from 'drizzle-orm/pg-core';
import * as bare from 'drizzle-orm/postgres-js';
import type * as bareMigrator from 'drizzle-orm/postgres-js/migrator';
import type postgresjs from 'postgres';
import { expectTypeOf, test } from 'vitest';

const note = pgTable('note', { id: integer().notNull() });
const schema = { note };
type Schema = typeof schema;
type WithClient<S extends Record<string, unknown> = Record<string, never>> = PostgresJsDatabase<S> & {
  $client: Sql;
};

const url = 'postgres://app@db/shop';
const client = postgres(url);

test('each overload gives the database of drizzle-orm', () => {
  expectTypeOf(drizzle(url)).toEqualTypeOf<WithClient>();
  expectTypeOf(drizzle(url, { schema, poolsafe: { pooler: 'pgbouncer' } })).toEqualTypeOf<
    WithClient<Schema>
  >();
  expectTypeOf(drizzle({ connection: url, schema })).toEqualTypeOf<WithClient<Schema>>();
  expectTypeOf(drizzle({ connection: { url, max: 1, poolsafe: {} } })).toEqualTypeOf<WithClient>();
  expectTypeOf(drizzle({ connection: { host: 'db', max: 1 } }).$client.poolsafe.pooler).not.toBeAny();
  expectTypeOf(drizzle({ client, schema, logger: true, casing: 'snake_case' }).$client).toExtend<Sql>();
  expectTypeOf(drizzle(client, { schema })).toExtend<WithClient<Schema>>();
  expectTypeOf(drizzle(client).$client.end).toEqualTypeOf<postgresjs.Sql['end']>();
  expectTypeOf(drizzle.mock({ schema })).toEqualTypeOf(bare.drizzle.mock({ schema }));
});

test('it goes wherever that of drizzle-orm does', () => {
  expectTypeOf(drizzle(url, { schema })).toExtend<bare.PostgresJsDatabase<Schema>>();
  expectTypeOf(drizzle(url, { schema })).toExtend<ReturnType<typeof bare.drizzle<Schema>>>();
  expectTypeOf(drizzle(client, { schema })).toExtend<ReturnType<typeof bare.drizzle<Schema>>>();
  expectTypeOf(drizzle).toEqualTypeOf<Drizzle>();
  expectTypeOf(drizzle.mock).toEqualTypeOf<typeof bare.drizzle.mock>();
  expectTypeOf<PostgresJsTransaction<Schema, never>>().toEqualTypeOf<
    bare.PostgresJsTransaction<Schema, never>
  >();
});

test('rows keep their types', () => {
  const db = drizzle(url, { schema });
  expectTypeOf(db.select().from(note)).resolves.toEqualTypeOf<{ id: number }[]>();
  expectTypeOf(db.query.note.findFirst()).resolves.toEqualTypeOf<{ id: number } | undefined>();
});

test('migrate is that of drizzle-orm', () => {
  expectTypeOf(migrator.migrate).toEqualTypeOf<typeof bareMigrator.migrate>();
  expectTypeOf(migrator.migrate(drizzle(url, { schema }), { migrationsFolder: 'drizzle' })).toEqualTypeOf<
    Promise<void>
  >();
});

test('mistakes', () => {
  // @ts-expect-error
  drizzle();
  // @ts-expect-error
  drizzle(process.env.DATABASE_URL);
  // @ts-expect-error
  drizzle({ schema });
  // @ts-expect-error
  drizzle(1);
  // @ts-expect-error
  drizzle(url, { poolsafe: { pooler: 'pgbounce' } });
  // @ts-expect-error
  drizzle({ connection: url, poolsafe: { poler: 'direct' } });
  // @ts-expect-error
  drizzle({ connection: { url, poolsafe: { onHazard: 'ignore' } } });
  // @ts-expect-error
  drizzle({ connection: { url, maximum: 1 } });
  // @ts-expect-error
  drizzle(url).query.note;
  // @ts-expect-error
  migrator.migrate(drizzle(url));
  // @ts-expect-error
  migrator.migrate(drizzle(url), { folder: 'drizzle' });
  // @ts-expect-error
  migrator.migrate(client, { migrationsFolder: 'drizzle' });
});
