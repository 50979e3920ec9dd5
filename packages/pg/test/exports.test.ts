import { once } from 'node:events';
import guarded, * as named from '@poolsafe/pg';
import pg, * as bare from 'pg';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from './database.ts';
import { configOf, type Lib } from './drop-in/lib.ts';
import { shapeOf } from './drop-in/shape.ts';

const database = await openDatabase(inject('servers'));
afterAll(() => database[Symbol.asyncDispose]());

const replaced = ['Pool', 'Client', 'default'];

test('everything that pg exports is exported, and is that of pg but for Pool and Client', () => {
  for (const name of Object.keys(bare).filter((name) => !replaced.includes(name))) {
    expect(named[name as 'types'], name).toBe(bare[name as 'types']);
  }
  for (const name of Object.keys(pg).filter((name) => !replaced.includes(name))) {
    expect(guarded[name as 'types'], name).toBe(pg[name as 'types']);
  }
  expect([guarded.Pool, guarded.Client]).toEqual([named.Pool, named.Client]);
  expect([named.Pool, named.Client]).not.toContain(pg.Pool);
});

test('instanceof', () => {
  const [pool, client, barePool, bareClient] = [
    new named.Pool(),
    new named.Client(),
    new pg.Pool(),
    new pg.Client(),
  ];
  expect([pool instanceof named.Pool, pool instanceof pg.Pool]).toEqual([true, true]);
  expect([client instanceof named.Client, client instanceof pg.Client]).toEqual([true, true]);
  expect([barePool instanceof named.Pool, bareClient instanceof named.Client]).toEqual([false, false]);
  expect([pool.constructor.name, client.constructor.name]).toEqual(['GuardedPool', 'Client']);
});

test('the default export is used like pg', async () => {
  const { Pool, Client } = guarded;
  const [pool, client] = [new Pool(configOf(database.through('1.18'))), new Client(database.direct.url)];
  await client.connect();
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  expect(client).toBeInstanceOf(named.Client);
  await Promise.all([pool.end(), client.end()]);
});

test('a subclass of the guarded Client is guarded, with and without a pool', async () => {
  class Mine extends named.Client {
    readonly mine = true;
  }
  const route = database.through('1.18');
  const pool = new named.Pool({ ...configOf(route), Client: Mine });
  const inPool = (await pool.connect()) as unknown as Mine & { release(): void };
  const alone = new Mine(route.url);
  await alone.connect();
  for (const client of [inPool, alone]) {
    expect([client instanceof Mine, client.mine]).toEqual([true, true]);
    // Guarded once: the listener that keeps a lost connection from ending the process.
    expect(client.listenerCount('error')).toBe(1);
    await expect(client.query('listen x')).rejects.toMatchObject({ code: 'POOLSAFE_LISTEN' });
    expect((await client.query({ name: 'named', text: 'select 1 as one' })).rows).toEqual([{ one: 1 }]);
  }
  inPool.release();
  await Promise.all([pool.end(), alone.end()]);
});

test('errors of PostgreSQL are those of pg', async () => {
  const client = new named.Client(database.through('latest').url);
  await client.connect();
  const error = await client.query('select 1 / 0').catch((error: unknown) => error);
  expect(error).toBeInstanceOf(pg.DatabaseError);
  expect(error).toMatchObject({
    code: '22012',
    severity: 'ERROR',
    message: 'division by zero',
    routine: 'int4div',
  });
  await client.end();
});

/** What a pool and a client say when an idle and a checked-out connection are lost. */
async function lost(lib: Lib): Promise<unknown[]> {
  const pool = new lib.Pool({ ...configOf(database.direct), max: 2 });
  const [idle, held] = await Promise.all([pool.connect(), pool.connect()]);
  idle.release();
  const errors = Promise.all([once(pool, 'error'), once(held, 'error')]);
  // A second error follows, when the socket closes.
  held.on('error', () => {});
  await database.admin('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [
    database.role,
  ]);
  const [[ofPool, client], [ofHeld]] = await errors;
  held.release(true);
  await pool.end();
  return [shapeOf({ ...ofPool, client: undefined }), client === idle, shapeOf(ofHeld)];
}

test('a lost connection is told to the listeners of the application as before', async () => {
  expect(await lost(named as unknown as Lib)).toEqual(await lost(pg));
});

test('a name that was never given a text is an error, where pg sends an empty query', async () => {
  const query = { name: 'nobody', values: [] } as unknown as pg.QueryConfig;
  const bareClient = new pg.Client(database.direct.url);
  const client = new named.Client(database.through('latest').url);
  await Promise.all([bareClient.connect(), client.connect()]);
  expect((await bareClient.query(query)).rows).toEqual([]);
  await expect(client.query(query)).rejects.toThrow('A query must have either text or a name');
  await Promise.all([bareClient.end(), client.end()]);
});

test('one name for two texts runs both, where pg throws, unless names are kept', async () => {
  const outcomes = async (client: pg.Client) => {
    await client.connect();
    const queries = [1, 2].map((n) => client.query({ name: 'one', text: `select ${n} as n` }));
    const seen = await Promise.all(
      queries.map((query) =>
        query.then(
          ({ rows }) => rows[0].n,
          ({ message }) => message,
        ),
      ),
    );
    await client.end();
    return seen;
  };
  const thrown = [1, expect.stringMatching('^Prepared statements must be unique')];
  const { url } = database.direct;
  expect(await outcomes(new pg.Client(url))).toEqual(thrown);
  expect(
    await outcomes(new named.Client({ connectionString: url, poolsafe: { statements: 'always' } })),
  ).toEqual(thrown);
  expect(await outcomes(new named.Client(url))).toEqual([1, 2]);
});

test('no statement has the name that the application gave, unless names are kept', async () => {
  const names = async (client: pg.Client) => {
    await client.connect();
    await client.query({ name: 'config', text: 'select 1' });
    await once(client.query(new pg.Query({ name: 'query', text: 'select 1' })), 'end');
    const { rows } = await client.query('select name from pg_prepared_statements order by name');
    await client.end();
    return rows.map(({ name }) => name);
  };
  const { url } = database.direct;
  const options = [
    { statements: 'always' },
    { pooler: 'direct', statements: 'always' },
    { pooler: 'direct' },
    {},
  ] as const;
  const seen = options.map((poolsafe) => names(new named.Client({ connectionString: url, poolsafe })));
  expect(await Promise.all(seen)).toEqual([['config', 'query'], ['config', 'query'], [], []]);
});
