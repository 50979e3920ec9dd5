// Checked by the compiler alone: that the import can be swapped, and that mistakes are still mistakes.
import {
  type Drizzle,
  drizzle,
  type NodePgDatabase,
  type NodePgTransaction,
} from '@poolsafe/drizzle/node-postgres';
import * as migrator from '@poolsafe/drizzle/node-postgres/migrator';
import { Client, Pool } from '@poolsafe/pg';
import * as bare from 'drizzle-orm/node-postgres';
import type * as bareMigrator from 'drizzle-orm/node-postgres/migrator';
import { integer, pgTable } from 'drizzle-orm/pg-core';
import type pg from 'pg';
import { expectTypeOf, test } from 'vitest';

const note = pgTable('note', { id: integer().notNull() });
const schema = { note };
type Schema = typeof schema;
type WithPool<S extends Record<string, unknown> = Record<string, never>> = NodePgDatabase<S> & {
  $client: Pool;
};

const url = 'postgres://app@db/shop';
const pool = new Pool();

test('each overload gives the database of drizzle-orm', () => {
  expectTypeOf(drizzle(url)).toEqualTypeOf<WithPool>();
  expectTypeOf(drizzle(url, { schema, poolsafe: { pooler: 'pgbouncer' } })).toEqualTypeOf<WithPool<Schema>>();
  expectTypeOf(drizzle({ connection: url, schema })).toEqualTypeOf<WithPool<Schema>>();
  expectTypeOf(
    drizzle({ connection: { connectionString: url, max: 1, poolsafe: {} } }),
  ).toEqualTypeOf<WithPool>();
  expectTypeOf(drizzle({ client: pool, schema, logger: true, casing: 'snake_case' })).toEqualTypeOf<
    WithPool<Schema>
  >();
  expectTypeOf(drizzle(pool, { schema })).toEqualTypeOf<WithPool<Schema>>();
  expectTypeOf(drizzle(new Client()).$client).toEqualTypeOf<Client>();
  expectTypeOf(
    pool.connect().then((client) => drizzle(client).$client),
  ).resolves.toEqualTypeOf<pg.PoolClient>();
  expectTypeOf(drizzle.mock({ schema })).toEqualTypeOf(bare.drizzle.mock({ schema }));
});

test('it goes wherever that of drizzle-orm does', () => {
  expectTypeOf(drizzle(url, { schema })).toExtend<bare.NodePgDatabase<Schema>>();
  expectTypeOf(drizzle(url, { schema })).toExtend<ReturnType<typeof bare.drizzle<Schema>>>();
  expectTypeOf(drizzle).toEqualTypeOf<Drizzle>();
  expectTypeOf(drizzle.mock).toEqualTypeOf<typeof bare.drizzle.mock>();
  expectTypeOf<NodePgTransaction<Schema, never>>().toEqualTypeOf<bare.NodePgTransaction<Schema, never>>();
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
  drizzle({ connection: { connectionString: url, poolsafe: { onHazard: 'ignore' } } });
  // @ts-expect-error
  drizzle(url).query.note;
  // @ts-expect-error
  migrator.migrate(drizzle(url));
  // @ts-expect-error
  migrator.migrate(drizzle(url), { folder: 'drizzle' });
  // @ts-expect-error
  migrator.migrate(pool, { migrationsFolder: 'drizzle' });
});
