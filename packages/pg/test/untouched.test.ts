import { createRequire } from 'node:module';
import pg from 'pg';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from './database.ts';
import { configOf } from './drop-in/lib.ts';

/** Each property that an application could notice, with the very functions that are behind it. */
function everything(): unknown[] {
  const objects: object[] = [pg, process.env, globalThis];
  for (const value of Object.values(pg)) {
    for (let object = value as object; Object(object) === object; object = Object.getPrototypeOf(object)) {
      objects.push(object, ...(typeof object === 'function' ? [object.prototype] : []));
    }
  }
  const seen = [...new Set(objects)].filter((object) => object && object !== pg.defaults);
  return [
    ...seen.map((object) => Object.entries(Object.getOwnPropertyDescriptors(object))),
    { ...pg.defaults },
    process.eventNames().map((name) => [name, process.listeners(name as 'exit')]),
  ];
}

const database = await openDatabase(inject('servers'));
afterAll(() => database[Symbol.asyncDispose]());

const before = everything();
const poolBefore = new pg.Pool(configOf(database.through('1.18')));
const poolsafe = await import('@poolsafe/pg');
const guarded = new poolsafe.Pool(configOf(database.through('1.18')));
await guarded.query('select 1');
const poolAfter = new pg.Pool(configOf(database.through('1.18')));
afterAll(() => Promise.all([guarded.end(), poolBefore.end(), poolAfter.end()]));

test('neither importing nor using @poolsafe/pg changes pg', () => {
  expect(before.length).toBeGreaterThan(20);
  expect(everything()).toEqual(before);
  expect(createRequire(import.meta.url)('pg')).toBe(pg);
});

for (const [when, pool] of Object.entries({ before: poolBefore, after: poolAfter })) {
  test(`a pool of pg made ${when} the import is one of pg`, async () => {
    expect(pool).not.toBeInstanceOf(poolsafe.Pool);
    expect(Object.getPrototypeOf(pool)).toBe(pg.Pool.prototype);
    const client = await pool.connect();
    expect(Object.getPrototypeOf(client)).toBe(pg.Client.prototype);
    expect([pool.listenerCount('error'), client.listenerCount('error')]).toEqual([0, 0]);
    expect([pool, client].some((object) => 'poolsafe' in object)).toBe(false);
    await client.query("set work_mem to '64MB'");
    await client.query('reset work_mem; select lastval() from (select 1 where false) nothing');
    client.release();
  });
}

test('names of statements are left to pg', async () => {
  const client = new pg.Client(configOf(database.direct));
  await client.connect();
  await client.query({ name: 'mine', text: 'select 1' });
  const { rows } = await client.query('select name from pg_prepared_statements');
  await client.end();
  expect(rows).toEqual([{ name: 'mine' }]);
});
