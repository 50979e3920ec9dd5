import { once } from 'node:events';
import { inspect } from 'node:util';
import guarded from '@poolsafe/postgres';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../../pg/test/database.ts';

const database = await openDatabase(inject('servers'));
afterAll(() => database[Symbol.asyncDispose]());

/** Our warnings that come while something is made. */
async function warnings(made: () => unknown): Promise<readonly Error[]> {
  const seen: Error[] = [];
  const note = (warning: Error) => seen.push(warning);
  process.on('warning', note);
  made();
  process.emitWarning('that is all', { type: 'End' });
  while (seen.at(-1)?.name !== 'End') await once(process, 'warning');
  process.off('warning', note);
  return seen.filter(({ name }) => name === 'PoolsafeWarning');
}

const keys = 'pgbouncer=true&connection_limit=3&pool_timeout=5&schema=app&sslaccept=strict';

test('keys of Prisma are left out, with one warning for those that are missed', async () => {
  const url = `postgres://app:hunter2@db/shop?${keys}&application_name=mine`;
  const seen = await warnings(() => guarded(url));
  expect(seen).toHaveLength(1);
  expect(seen[0]).toMatchObject({ name: 'PoolsafeWarning', code: 'POOLSAFE_URL_KEY' });
  expect(seen[0]?.message).toMatch(/`pool_timeout`, `schema`, `sslaccept`/);
  expect(seen[0]?.message).not.toMatch(/pgbouncer|connection_limit/);
  expect(inspect(seen, { depth: null, showHidden: true })).not.toMatch(/hunter2|strict/);
  const { connection, max } = guarded(url).options;
  expect([connection, max]).toEqual([{ application_name: 'mine' }, 3]);
});

test('the same URL warns once, however often a client is made', async () => {
  const url = 'postgres://app:hunter2@db/shop?schema=again';
  const seen = await warnings(() => [guarded(url), guarded(url), guarded(url, { max: 2 })]);
  expect(seen).toHaveLength(1);
});

test('keys whose meaning is understood are left out without a word', async () => {
  const url =
    'postgres://app:hunter2@db/shop?pgbouncer=true&connection_limit=3&statement_cache_size=0&supa=base';
  expect(await warnings(() => guarded(url))).toEqual([]);
  expect(guarded(url).options.connection).toEqual({ application_name: 'postgres.js' });
});

test('an option counts more than a key of the URL', () => {
  expect(guarded('postgres://db/shop?connection_limit=3', { max: 7 }).options.max).toBe(7);
  expect(guarded('postgres://db/shop?connection_limit=x').options.max).toBe(10);
});

test('keys of Prisma break no login', async () => {
  for (const { url } of database.routes) {
    const sql = guarded(`${url}?pgbouncer=true&connection_limit=3&statement_cache_size=0`);
    expect([...(await sql`select 1 as one`)]).toEqual([{ one: 1 }]);
    await sql.end();
  }
});
