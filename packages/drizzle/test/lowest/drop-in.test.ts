import { createRequire } from 'node:module';
import { Pool } from '@poolsafe/pg';
import poolsafe from '@poolsafe/postgres';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import postgres from 'postgres';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../../pg/test/database.ts';
import { version } from './use-lowest.ts';

const { asc, eq, sql } = await import('drizzle-orm');
const { integer, jsonb, PgDatabase, pgTable, text, timestamp } = await import('drizzle-orm/pg-core');
const bareNodePostgres = await import('drizzle-orm/node-postgres');
const barePostgresJs = await import('drizzle-orm/postgres-js');
const nodePostgres = await import('@poolsafe/drizzle/node-postgres');
const postgresJs = await import('@poolsafe/drizzle/postgres-js');

const database = await openDatabase(
  inject('servers'),
  'create table author (id int primary key, name text not null, tags jsonb, born timestamptz)',
  "insert into author values (1, 'Ada', null, null), (2, 'Bob', '[1]', '2020-02-03 04:05:06Z')",
);
afterAll(() => database[Symbol.asyncDispose]());

const author = pgTable('author', {
  id: integer('id').primaryKey(),
  name: text('name').notNull(),
  tags: jsonb('tags'),
  born: timestamp('born', { withTimezone: true }),
});
const schema = { author };
type Db = NodePgDatabase<typeof schema>;

async function use(db: Db): Promise<unknown[]> {
  const byId = db
    .select()
    .from(author)
    .where(eq(author.id, sql.placeholder('id')))
    .prepare('by_id');
  const { rows, ...list } = await db.execute(sql`select ${1}::int as n`);
  return [
    await Promise.all([1, 2, 1].map((id) => byId.execute({ id }))),
    await db.query.author.findFirst({ where: eq(author.id, 2) }),
    await db.transaction(async (tx) => {
      await tx.insert(author).values({ id: 3, name: 'Cid', tags: { a: [1] }, born: new Date(0) });
      await tx.transaction(async (nested) => nested.rollback()).catch(() => {});
      const rows = await tx.select().from(author).orderBy(asc(author.id));
      await tx.delete(author).where(eq(author.id, 3));
      return rows;
    }),
    rows ?? { ...list },
  ];
}

type Client = { end(): Promise<void> };
interface Driver {
  readonly bare: (url: string) => readonly [db: unknown, client: Client];
  readonly clientOf: (url: string) => Client;
  readonly drizzle: typeof nodePostgres.drizzle;
}

const drivers: Readonly<Record<string, Driver>> = {
  'node-postgres': {
    bare(url) {
      const pool = new pg.Pool({ connectionString: url });
      return [bareNodePostgres.drizzle(pool, { schema }), pool];
    },
    clientOf: (url) => new Pool({ connectionString: url }),
    drizzle: nodePostgres.drizzle,
  },
  'postgres-js': {
    bare(url) {
      const client = postgres(url);
      return [barePostgresJs.drizzle(client, { schema }), client];
    },
    clientOf: (url) => poolsafe(url),
    drizzle: postgresJs.drizzle as never,
  },
};

test('this is the lowest supported version of drizzle-orm, for @poolsafe/drizzle too', () => {
  const { peerDependencies } = createRequire(import.meta.url)('../../package.json');
  expect(peerDependencies['drizzle-orm']).toBe(`>=${version} <1`);
  expect(Object.keys(barePostgresJs)).not.toContain('PostgresJsDatabase');
  expect(postgresJs.PostgresJsSession).toBe(barePostgresJs.PostgresJsSession);
});

for (const [driver, { bare, clientOf, drizzle }] of Object.entries(drivers)) {
  test.each(database.routes)(`the same as drizzle-orm ${version} over ${driver} | $name`, async ({ url }) => {
    const [db, client] = bare(database.direct.url);
    const expected = await use(db as Db);
    await client.end();
    const given = [
      drizzle(url, { schema }),
      drizzle({ connection: url, schema }),
      drizzle(clientOf(url) as Pool, { schema }),
      drizzle({ client: clientOf(url) as Pool, schema }),
    ];
    for (const db of given) {
      expect(db).toBeInstanceOf(PgDatabase);
      expect(await use(db)).toEqual(expected);
      await db.$client.end();
    }
  });
}
