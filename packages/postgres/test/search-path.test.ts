import postgres, { type Options, type Sql, withSettings } from '@poolsafe/postgres';
import { describe, expect, test } from 'vitest';
import type { Route } from '../../pg/test/database.ts';
import { rounds, routes, schemas, stored, told, value } from '../../pg/test/two-schemas.ts';

function opened({ url, poolsafe }: Route, connection = {}) {
  const options = { max: 1, connection, onnotice: () => {}, ...(poolsafe && { poolsafe }) } as Options<never>;
  const sql = postgres(url, options);
  return Object.assign(sql, { [Symbol.asyncDispose]: () => sql.end() });
}

const add = async (sql: Pick<Sql, 'unsafe'>) =>
  (await sql.unsafe('insert into item values ($1) returning v::text', [value], { prepare: true }))[0]?.v;

describe.each(routes)('%s', (_, route) => {
  test('a setting of the request', async () => {
    await using sql = opened(route);
    for (const _ of rounds) {
      for (const search_path of schemas) {
        const found = await withSettings({ search_path }, async () => [await add(sql), await sql.begin(add)]);
        expect(found).toEqual([stored[search_path], stored[search_path]]);
      }
    }
  });

  test('SET LOCAL and set_config() in the transaction', async () => {
    await using sql = opened(route);
    for (const _ of rounds) {
      for (const schema of schemas) {
        const found = await sql.begin(async (tx) => {
          await tx.unsafe(`set local search_path = ${schema}`);
          const first = await add(tx);
          await tx`select set_config('search_path', ${schema}, true)`;
          return [first, await add(tx)];
        });
        expect(found).toEqual([stored[schema], stored[schema]]);
      }
    }
  });

  test('an option of the connection', async () => {
    await using one = opened(route, { search_path: 'one' });
    await using other = opened(route, { search_path: 'other' });
    for (const _ of rounds) {
      expect([await add(one), await add(other)]).toEqual([stored.one, stored.other]);
      expect([await one.begin(add), await other.begin(add)]).toEqual([stored.one, stored.other]);
    }
  });
});

test('SET of a session', async () => {
  await using sql = opened(told);
  for (const _ of rounds) {
    for (const schema of schemas) {
      await sql.unsafe(`set search_path = ${schema}`);
      expect([await add(sql), await add(sql)]).toEqual([stored[schema], stored[schema]]);
    }
  }
});
