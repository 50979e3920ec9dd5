import { drizzle } from '@poolsafe/drizzle/node-postgres';
import { Pool } from '@poolsafe/pg';
import { eq, sql } from 'drizzle-orm-lowest';
import { drizzle as bare } from 'drizzle-orm-lowest/node-postgres';
import { integer, PgDatabase, pgTable, text } from 'drizzle-orm-lowest/pg-core';
import pg from 'pg';
import { afterAll, expect, inject, test, vi } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';

// Not a mock: the lowest supported version itself, for @poolsafe/drizzle too.
vi.mock('drizzle-orm/node-postgres', () => import('drizzle-orm-lowest/node-postgres'));

const database = await openDatabase(
  inject('servers'),
  'create table author (id int primary key, name text not null)',
  "insert into author values (1, 'Ada'), (2, 'Bob')",
);
afterAll(() => database[Symbol.asyncDispose]());

const author = pgTable('author', { id: integer('id').primaryKey(), name: text('name').notNull() });
const schema = { author };

async function use(db: ReturnType<typeof bare<typeof schema>>): Promise<unknown[]> {
  const byId = db
    .select()
    .from(author)
    .where(eq(author.id, sql.placeholder('id')))
    .prepare('by_id');
  return [
    [await byId.execute({ id: 1 }), await byId.execute({ id: 2 })],
    await db.query.author.findFirst({ where: eq(author.id, 2) }),
    await db.transaction(async (tx) => {
      await tx.insert(author).values({ id: 3, name: 'Cid' });
      await tx.transaction(async (nested) => nested.rollback()).catch(() => {});
      const rows = await tx.select().from(author).orderBy(author.id);
      await tx.delete(author).where(eq(author.id, 3));
      return rows;
    }),
    (await db.execute(sql`select ${1}::int as n`)).rows,
  ];
}

for (const { name, url } of database.routes) {
  test(`drizzle-orm 0.29.0 | ${name}`, async () => {
    const pools = [
      new pg.Pool({ connectionString: database.direct.url }),
      new Pool({ connectionString: url }),
    ];
    const expected = await use(bare(pools[0] as pg.Pool, { schema }));
    const given = [
      drizzle(url, { schema: schema as never }),
      drizzle({ connection: url, schema: schema as never }),
      drizzle(pools[1] as Pool, { schema: schema as never }),
    ];
    for (const db of given) {
      expect(db).toBeInstanceOf(PgDatabase);
      expect(await use(db as never)).toEqual(expected);
    }
    await Promise.all(pools.map((pool) => pool.end()));
  });
}
