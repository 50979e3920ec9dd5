import postgres, { type Options, type Sql, withSettings } from '@poolsafe/postgres';
import { startOdyssey } from '@poolsafe/stack';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openDatabase, type Route } from '../../pg/test/database.ts';

const servers = inject('servers');
// A value for `one` is stored otherwise when it goes by a statement that was prepared for `other`.
const database = await openDatabase(
  servers,
  'create schema one create table item (v int)',
  'create schema other create table item (v text)',
);
const odyssey = await startOdyssey({ preparedStatements: true, poolSize: 1 }, servers.postgres);
afterAll(async () => {
  await odyssey.stop();
  await database[Symbol.asyncDispose]();
});
const toOdyssey = Object.assign(new URL(database.direct.url), { port: String(odyssey.address.port) });
const follows: Route = {
  ...database.through('latest'),
  name: 'latest, which follows search_path',
  poolsafe: { pooler: 'pgbouncer-1.26' },
};
const toOne: Route = { name: 'odyssey', url: toOdyssey.href };
const routes = [...database.routes, database.told, follows, toOne].map(
  (route) => [route.name, route] as const,
);

function opened({ url, poolsafe }: Route, connection = {}) {
  const options = { max: 1, connection, onnotice: () => {}, ...(poolsafe && { poolsafe }) } as Options<never>;
  const sql = postgres(url, options);
  return Object.assign(sql, { [Symbol.asyncDispose]: () => sql.end() });
}

const schemas = ['one', 'other'] as const;
const stored = { one: '7', other: '007' };
const add = async (sql: Pick<Sql, 'unsafe'>) =>
  (await sql.unsafe('insert into item values ($1) returning v::text', ['007'], { prepare: true }))[0]?.v;

/** Long enough for whatever is named to be named, and to be met by somebody else. */
const rounds = [1, 2, 3, 4, 5];

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
  await using sql = opened(database.told);
  for (const _ of rounds) {
    for (const schema of schemas) {
      await sql.unsafe(`set search_path = ${schema}`);
      expect([await add(sql), await add(sql)]).toEqual([stored[schema], stored[schema]]);
    }
  }
});
