import { Client, Pool } from '@poolsafe/pg';
import pg from 'pg';
import Cursor from 'pg-cursor';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from './database.ts';
import { configOf } from './drop-in/lib.ts';

const database = await openDatabase(inject('servers'));
afterAll(() => database[Symbol.asyncDispose]());

const several = 'select $1::int; select $2::int';
const hint =
  'several statements were sent in one text with parameters; no pooler is involved;' +
  ' send them one by one in a transaction, or without parameters. See docs/errors.md#several-statements';

async function errorOf(client: pg.Client, text: string, values: unknown[] = []): Promise<pg.DatabaseError> {
  await client.connect();
  const error = await client.query(text, values).catch((reason: pg.DatabaseError) => reason);
  await client.end();
  return error as pg.DatabaseError;
}

for (const { name, url } of database.routes.slice(1)) {
  test(`${name}: an empty hint is filled, and nothing else of an error changes`, async () => {
    const bare = await errorOf(new pg.Client(url), several, [1, 2]);
    const error = await errorOf(new Client(url), several, [1, 2]);
    expect(bare.hint).toBeUndefined();
    expect({ ...error, message: error.message }).toEqual({ ...bare, message: bare.message, hint });
  });

  test(`${name}: the pooler's own error at login gets one too`, async () => {
    const config = { connectionString: url, statement_timeout: 1000 };
    const client = new Client({ ...config, poolsafe: { allow: ['POOLSAFE_STARTUP_PARAMETER'] } });
    const error = await client.connect().catch((reason: pg.DatabaseError) => reason);
    expect(error).toMatchObject({
      code: '08P01',
      message: 'unsupported startup parameter: statement_timeout',
      hint: expect.stringMatching(
        /^the login carries a parameter .* See docs\/errors\.md#startup-parameter$/,
      ),
    });
  });
}

const pooled = database.through('latest');

test('a hint of PostgreSQL stays', async () => {
  const error = await errorOf(new Client(configOf(pooled)), 'select no_such_function()');
  expect(error.hint).toMatch(/^No function (?:of that name|matches)/);
});

test('an error that is not known gets none', async () => {
  expect((await errorOf(new Client(configOf(pooled)), 'select 1 / 0')).hint).toBeUndefined();
});

test('in every form of a query', async () => {
  const pool = new Pool({ ...configOf(pooled), max: 2 });
  const client = await pool.connect();
  const seen = [
    await pool.query(several, [1, 2]).catch((error) => error.hint),
    await new Promise((resolve) =>
      client.query(several, [1, 2], (error) => resolve((error as { hint?: string }).hint)),
    ),
    await client
      .query(new Cursor(several, [1, 2]))
      .read(1)
      .catch((error) => error.hint),
  ];
  expect(seen).toEqual([hint, hint, hint]);
  client.release();
  await pool.end();
});

test('not on a direct connection', async () => {
  const client = new Client({ ...configOf(database.direct), poolsafe: { pooler: 'direct' } });
  expect((await errorOf(client, several, [1, 2])).hint).toBeUndefined();
});
