import { once } from 'node:events';
import { Client, Pool } from '@poolsafe/pg';
import pg from 'pg';
import Cursor from 'pg-cursor';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from './database.ts';
import { configOf } from './drop-in/lib.ts';

const database = await openDatabase(inject('servers'));
afterAll(() => database[Symbol.asyncDispose]());
const pooled = database.through('latest');
const set = "set work_mem to '64MB'";
const code = 'POOLSAFE_SESSION_SET';

test('a query may carry a policy of its own', async () => {
  const pool = new Pool({ ...configOf(pooled), max: 2 });
  const client = await pool.connect();
  for (const on of [pool, client]) {
    expect((await on.query({ text: set, poolsafe: { allow: [code] } })).command).toBe('SET');
    expect((await on.query({ text: set, poolsafe: { onHazard: 'allow' } })).command).toBe('SET');
    await expect(on.query({ text: set, poolsafe: { allow: ['POOLSAFE_LISTEN'] } })).rejects.toMatchObject({
      code,
    });
    // It held for that query only.
    await expect(on.query(set)).rejects.toMatchObject({ code });
  }
  client.release();
  await pool.end();
});

test('and may be stricter than the pool', async () => {
  const pool = new Pool({ ...configOf(pooled), poolsafe: { onHazard: 'allow' } });
  expect((await pool.query(set)).command).toBe('SET');
  await expect(pool.query({ text: set, poolsafe: { onHazard: 'throw' } })).rejects.toMatchObject({ code });
  await pool.end();
});

test('a wrong policy fails in the shape of the call, and nothing is sent', async () => {
  const pool = new Pool({ ...configOf(pooled), max: 2 });
  const client = await pool.connect();
  const wrong = { text: 'select 1', poolsafe: { allow: ['POOLSAFE_SET'] } } as unknown as pg.QueryConfig;
  for (const on of [pool, client]) {
    await expect(on.query(wrong)).rejects.toMatchObject({ name: 'ConfigError', code: 'POOLSAFE_CONFIG' });
  }
  const error = await new Promise((resolve) => client.query(wrong, resolve));
  expect(error).toMatchObject({ code: 'POOLSAFE_CONFIG' });
  const pooler = { text: 'select 1', poolsafe: { pooler: 'direct' } } as unknown as pg.QueryConfig;
  await expect(client.query(pooler)).rejects.toThrow('`poolsafe` does not take the option "pooler"');
  client.release();
  await pool.end();
});

const onPool = 'POOLSAFE_TRANSACTION_ON_POOL';

test.each([
  ['begin', onPool],
  ['start transaction read only', onPool],
  ['commit', onPool],
  ['rollback', onPool],
  ['select 1; begin', onPool],
  ['begin; select 1; commit', undefined],
  ['select 1; select 2', undefined],
])('through a pool, %s', async (text, refused) => {
  const pool = new Pool(configOf(pooled));
  const outcome = await pool.query(text).then(
    () => undefined,
    (error) => error.code,
  );
  expect(outcome).toBe(refused);
  await pool.end();
});

test('a pooled client has its transactions, also with a cursor and a Query queued behind BEGIN', async () => {
  const client = new Client(configOf(pooled));
  await client.connect();
  const begun = client.query('begin');
  const cursor = client.query(new Cursor("select set_config('a.b', 'c', true) as value"));
  const query = client.query(new pg.Query("set local work_mem to '64MB'"));
  const [read, ended] = [cursor.read(2), once(query, 'end')];
  await begun;
  expect(await read).toEqual([{ value: 'c' }]);
  await ended;
  expect((await client.query('show work_mem')).rows).toEqual([{ work_mem: '64MB' }]);
  await client.query('rollback');
  await client.end();
});

test('in pipeline mode a statement is written before the answer to BEGIN: it is refused unless that came', async () => {
  const client = new Client({ ...configOf(pooled), pipeline: true });
  await client.connect();
  const begun = client.query('begin');
  const code = 'POOLSAFE_LOCAL_OUTSIDE_TRANSACTION';
  await expect(client.query("set local work_mem to '64MB'")).rejects.toMatchObject({ code });
  await begun;
  expect((await client.query("set local work_mem to '64MB'")).command).toBe('SET');
  await client.query('rollback');
  await client.end();
});
