import { EventEmitter } from 'node:events';
import { Pool } from '@poolsafe/pg';
import { attachDatabasePool } from '@vercel/functions';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openDatabase } from './database.ts';

const database = await openDatabase(inject('servers'));
const { url } = database.through('latest');
const idleTimeoutMillis = 50;

/** What the platform does for a request: it is told of promises that it has to wait for before it suspends. */
const kept: Promise<unknown>[] = [];
const symbol = Symbol.for('@vercel/request-context');
const scope = globalThis as { [symbol]?: unknown };
const environment = { VERCEL_URL: 'example.vercel.app', VERCEL_REGION: 'iad1' };

beforeAll(() => {
  scope[symbol] = { get: () => ({ waitUntil: (promise: Promise<unknown>) => kept.push(promise) }) };
  Object.assign(process.env, environment);
});

afterAll(async () => {
  delete scope[symbol];
  for (const name of Object.keys(environment)) delete process.env[name];
  await database[Symbol.asyncDispose]();
});

/** What a platform sees of a pool, and what is left of its connections when it may suspend the function. */
async function life(pool: pg.Pool): Promise<unknown> {
  kept.length = 0;
  const listened = new Set(EventEmitter.prototype.eventNames.call(pool));
  attachDatabasePool(pool);
  const events = pool.eventNames().filter((name) => !listened.has(name));
  const seen: unknown[] = [];
  const calls: Record<string, () => Promise<unknown>> = {
    query: () => pool.query('select $1::int as n', [1]),
    'query that fails': () => pool.query('select 1 / 0').catch(({ code }) => code),
    connect: async () => {
      const client = await pool.connect();
      await client.query('begin');
      await client.query('select 1');
      await client.query('commit');
      client.release();
    },
  };
  for (const [name, call] of Object.entries(calls)) {
    const before = kept.length;
    await call();
    seen.push([name, kept.length - before, pool.totalCount > 0]);
  }
  await Promise.all(kept);
  const left = pool.totalCount;
  await pool.end();
  return { events, seen, left };
}

describe('attachDatabasePool of @vercel/functions', () => {
  test('waits until the idle connections of a Pool are closed, as for one of pg', async () => {
    const options = { connectionString: url, idleTimeoutMillis };
    const bare = await life(new pg.Pool(options));
    expect(await life(new Pool(options))).toEqual(bare);
    expect(bare).toEqual({
      events: ['release'],
      seen: [
        ['query', 1, true],
        ['query that fails', 1, false],
        ['connect', 1, true],
      ],
      left: 0,
    });
  });

  test('sees the idle timeout of a Pool without one, as of pg', () => {
    const options = { connectionString: url };
    expect(new Pool(options).options.idleTimeoutMillis).toBe(new pg.Pool(options).options.idleTimeoutMillis);
  });
});
