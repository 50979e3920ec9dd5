import { createRequire } from 'node:module';
import pg from 'pg';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from './database.ts';
import { configOf } from './drop-in/lib.ts';

/** Each property that an application could notice, with the very function or value that is behind it. */
function everything(): Map<string, unknown> {
  const seen = new Map<string, unknown>();
  const note = (label: string, object: object) => {
    for (const [key, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
      seen.set(`${label}.${key}`, get ?? value);
    }
  };
  note('pg', pg);
  note('process.env', process.env);
  note('globals', { names: Object.getOwnPropertyNames(globalThis).join() });
  for (const name of process.eventNames()) seen.set(`on ${String(name)}`, process.listenerCount(name));
  for (const [name, value] of Object.entries(pg)) {
    for (let object = value as object; Object(object) === object; object = Object.getPrototypeOf(object)) {
      const label = `${name}: ${(object as { name?: string }).name ?? object.constructor?.name}`;
      note(label, object);
      if (typeof object === 'function' && object.prototype) note(`${label}.prototype`, object.prototype);
    }
  }
  return seen;
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
  const after = everything();
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (key) => after.get(key) !== before.get(key),
  );
  expect(changed).toEqual([]);
  expect([...before.keys()]).toEqual(
    expect.arrayContaining(['Client: Client.prototype.query', 'Pool: Pool.prototype.query']),
  );
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
