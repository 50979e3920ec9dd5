import { Pool, type PoolConfig, withSettings } from '@poolsafe/pg';
import { countFlights } from '@poolsafe/stack';
import type pg from 'pg';
import { describe, expect, test } from 'vitest';
import type { Route } from './database.ts';
import { rounds, routes, schemas, stored, told, value } from './two-schemas.ts';

function opened({ url, poolsafe }: Route, options: PoolConfig = {}) {
  const pool = new Pool({ connectionString: url, max: 1, ...options, ...(poolsafe && { poolsafe }) });
  return Object.assign(pool, { [Symbol.asyncDispose]: () => pool.end() });
}

const insert = 'insert into item values ($1) returning v::text';
const add = async (runner: pg.Pool | pg.PoolClient) => (await runner.query(insert, [value])).rows[0].v;

async function inTransaction<T>(pool: Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } finally {
    client.release();
  }
}

describe.each(routes)('%s', (_, route) => {
  test('a setting of the request', async () => {
    await using pool = opened(route);
    for (const _ of rounds) {
      for (const search_path of schemas) {
        const found = await withSettings({ search_path }, async () => [
          await add(pool),
          await inTransaction(pool, add),
        ]);
        expect(found).toEqual([stored[search_path], stored[search_path]]);
      }
    }
  });

  test('SET LOCAL in the transaction', async () => {
    await using pool = opened(route);
    for (const _ of rounds) {
      for (const schema of schemas) {
        const found = await inTransaction(pool, async (client) => {
          await client.query(`set local search_path = ${schema}`);
          return [await add(client), await add(client)];
        });
        expect(found).toEqual([stored[schema], stored[schema]]);
      }
    }
  });

  test('set_config() in the transaction, handed over at once', async () => {
    await using pool = opened(route);
    for (const _ of rounds) {
      for (const schema of schemas) {
        const found = await inTransaction(pool, async (client) => {
          const given = [client.query("select set_config('search_path', $1, true)", [schema]), add(client)];
          return (await Promise.all(given))[1];
        });
        expect(found).toEqual(stored[schema]);
      }
    }
  });

  test('an option of the pool', async () => {
    await using one = opened(route, { options: '-c search_path=one' });
    await using other = opened(route, { options: '-c search_path=other' });
    for (const _ of rounds) {
      expect([await add(one), await add(other)]).toEqual([stored.one, stored.other]);
      expect([await inTransaction(one, add), await inTransaction(other, add)]).toEqual([
        stored.one,
        stored.other,
      ]);
    }
  });
});

test('SET of a session', async () => {
  await using pool = opened(told);
  for (const _ of rounds) {
    for (const schema of schemas) {
      await pool.query(`set search_path = ${schema}`);
      expect([await add(pool), await add(pool)]).toEqual([stored[schema], stored[schema]]);
    }
  }
});

test.each(routes)('SET LOCAL travels with BEGIN as before, %s', async (_, { url: text }) => {
  const url = new URL(text);
  await using counter = await countFlights({ host: url.hostname, port: Number(url.port) });
  url.port = String(counter.port);
  await using pool = opened({ name: '', url: url.href });
  await pool.query('select 1');
  await pool.query('select 1');
  const before = counter.flights;
  await inTransaction(pool, (client) => client.query('set local search_path = one'));
  expect(counter.flights - before).toBe(2);
});
