import postgres from '@poolsafe/postgres';
import { attachDatabasePool } from '@vercel/functions';
import type { Sql } from 'postgres';
import bare from 'postgres';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';

const database = await openDatabase(inject('servers'));
/** Seconds, as in the options of postgres.js. */
const idleTimeout = 0.05;

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

/** As docs/guides/serverless.md shows it. */
function attach() {
  const listeners = new Set<() => void>();
  attachDatabasePool({
    options: { idleTimeoutMillis: idleTimeout * 1000 },
    on(_event: string, listener: () => void) {
      listeners.add(listener);
    },
  });
  return () => {
    for (const listener of listeners) listener();
  };
}

async function connections(name: string): Promise<number> {
  const text = 'select count(*)::int as n from pg_stat_activity where application_name = $1';
  return (await database.admin(text, [name]))[0]?.n;
}

test.each([
  ['postgres.js', bare],
  ['@poolsafe/postgres', postgres as typeof bare],
])(
  'a client of %s is no pool that attachDatabasePool knows, and may stand behind one',
  async (name, make) => {
    // Direct, where the server shows which connections there are.
    const connection = { application_name: `vercel ${name}` };
    const sql = make(database.direct.url, { idle_timeout: idleTimeout, connection }) as Sql;
    expect(() => attachDatabasePool(sql as never)).toThrow('Unsupported database pool type');
    const released = attach();
    await sql`select 1`;
    expect(await connections(connection.application_name)).toBe(1);
    released();
    expect(kept).toHaveLength(1);
    await kept.pop();
    await expect.poll(() => connections(connection.application_name)).toBe(0);
    await sql.end();
  },
);
