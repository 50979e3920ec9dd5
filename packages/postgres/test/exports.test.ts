import guarded from '@poolsafe/postgres';
import postgres from 'postgres';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';
import type { Lib } from './drop-in/lib.ts';

const database = await openDatabase(inject('servers'));
afterAll(() => database[Symbol.asyncDispose]());

/** What the original has not. */
const additions: readonly string[] = ['poolsafe', 'session', 'withAdvisoryLock'];

/** Each property with what it is, as far as an application can tell. */
function shapeOf(value: object): Record<string, string> {
  const entries = Object.entries(value).filter(([name]) => !additions.includes(name));
  return Object.fromEntries(entries.map(([name, of]) => [name, typeof of]).sort());
}

/** What `sql` has everywhere: of the client, in a transaction, in a savepoint, on a reserved connection. */
async function everywhere(lib: Lib): Promise<unknown> {
  const sql = lib(database.direct.url, { max: 2 });
  const reserved = await sql.reserve();
  const inside = await sql.begin(async (tx) => [
    shapeOf(tx),
    await tx.savepoint(async (sp) => shapeOf(sp)),
    shapeOf(tx.types),
  ]);
  const seen = {
    sql: shapeOf(sql),
    reserved: shapeOf(reserved),
    inside,
    kinds: [typeof sql, typeof reserved],
  };
  reserved.release();
  await sql.end();
  return seen;
}

test('every static member is that of postgres.js', () => {
  const names = Object.keys(postgres);
  expect(names).toContain('PostgresError');
  for (const name of names) expect(guarded[name as 'camel'], name).toBe(postgres[name as 'camel']);
  expect(Object.keys(guarded)).toEqual(names);
});

test('every property of sql is there', async () => {
  expect(await everywhere(guarded as unknown as Lib)).toEqual(await everywhere(postgres));
});

test('the additions are there', () => {
  const sql = guarded('postgres://localhost');
  for (const name of additions) expect(sql).toHaveProperty(name);
  expect(Object.isFrozen(sql.poolsafe)).toBe(true);
});

test('a query has what one of postgres.js has', async () => {
  const clients = [postgres(database.direct.url), guarded(database.direct.url)];
  const [theirs, ours] = clients.map((sql) => sql`select 1`);
  expect(Object.getPrototypeOf(ours)).toBe(Object.getPrototypeOf(theirs));
  expect(shapeOf(ours as object)).toEqual(shapeOf(theirs as object));
  await Promise.all(clients.map((sql) => sql.end()));
});

test('the options are read as postgres.js reads them, but for names of statements', () => {
  const given = {
    ...{
      max: 3,
      idle_timeout: 5,
      connect_timeout: 6,
      max_lifetime: 7,
      transform: postgres.camel,
      debug: true,
    },
    ...{ types: { bigint: postgres.BigInt }, connection: { application_name: 'mine' }, fetch_types: false },
  };
  for (const url of [database.direct.url, 'postgres://app:pass@a:1,b:2/shop?application_name=x&max=4']) {
    const { prepare, serializers, parsers, ...theirs } = postgres(url, given).options;
    const own = guarded(url, given).options;
    expect(own).toMatchObject({ ...theirs, backoff: expect.any(Function), prepare: false });
    expect(Object.keys(own.parsers)).toEqual(Object.keys(parsers));
    expect([prepare, Object.keys(own.serializers)]).toEqual([true, Object.keys(serializers)]);
  }
});
