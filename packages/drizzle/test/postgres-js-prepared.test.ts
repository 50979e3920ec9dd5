import { drizzle } from '@poolsafe/drizzle/postgres-js';
import postgres from '@poolsafe/postgres';
import { eq } from 'drizzle-orm';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';

const database = await openDatabase(
  inject('servers'),
  'create table note (id int primary key, body text)',
  "insert into note select i, 'note ' || i from generate_series(1, 9) i",
);
afterAll(() => database[Symbol.asyncDispose]());

const note = pgTable('note', { id: integer(), body: text() });

/** How many statements of Drizzle's the server keeps after some queries, in and out of transactions. */
async function kept(url: string, options: object = {}): Promise<number> {
  const sql = postgres(url, { max: 1, ...options });
  const db = drizzle(sql);
  expect(db.$client).toBe(sql);
  for (let id = 1; id <= 4; id += 1) {
    expect(await db.select().from(note).where(eq(note.id, id))).toEqual([{ id, body: `note ${id}` }]);
    const bodies = await db.transaction((tx) =>
      tx.transaction((inner) => inner.select({ body: note.body }).from(note).where(eq(note.id, id))),
    );
    expect(bodies).toEqual([{ body: `note ${id}` }]);
  }
  const [row] =
    await sql`select count(*)::int as n from pg_prepared_statements where statement like '%"note"%'`;
  await sql.end();
  return row?.n;
}

test.each([
  ['direct', 2],
  ['1.18', 0],
  ['1.24off', 0],
  ['1.24', 2],
  ['latest', 2],
])('what Drizzle sends is prepared where it is kept, %s: %i', async (name, expected) => {
  expect(await kept((database.routes.find((route) => route.name === name) as { url: string }).url)).toBe(
    expected,
  );
});

test('an application that wants nothing prepared is heard', async () => {
  expect(await kept(database.direct.url, { prepare: false })).toBe(0);
});
