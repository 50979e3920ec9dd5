import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Odyssey, type Postgres, startOdyssey, startPostgres } from '../src/index.ts';
import { connect, value } from './connect.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let postgres: Postgres;
let odyssey: Odyssey;
beforeAll(async () => {
  postgres = await startPostgres();
  odyssey = await startOdyssey({ preparedStatements: true, poolSize: 2 }, postgres.address);
});
afterAll(async () => {
  await odyssey?.stop();
  await postgres?.stop();
});

/** How twelve rounds of four clients end that repeat two named queries: `ok`, or the error's code. */
async function repeatedNamedQueries(url: string): Promise<string[]> {
  const clients = await Promise.all(
    [0, 1, 0, 1].map(async (which) => ({ which, client: await connect(url) })),
  );
  const ends: string[] = [];
  for (let round = 0; round < 12; round++) {
    await Promise.all(
      clients.map(async ({ which, client }) => {
        const name = `query_${which}`;
        const query = { name, text: `select ${which}::int as one, $1::int as two`, values: [round] };
        ends.push(
          await client.query(query).then(
            ({ rows }) => (rows[0].one === which && rows[0].two === round ? 'ok' : 'wrong rows'),
            ({ code }) => code,
          ),
        );
      }),
    );
  }
  await Promise.all(clients.map(({ client }) => client.end()));
  return ends;
}

test('is a current Odyssey, in transaction mode, with pools of this size', async () => {
  expect(odyssey.name).toBe('odyssey');
  expect(odyssey.version).toMatch(/^1\.([5-9]|\d\d)\.\d+$/);
  const database = await postgres.createDatabase();
  await using one = await connect(odyssey.url(database));
  await using two = await connect(odyssey.url(database));
  await using three = await connect(odyssey.url(database));
  for (const client of [one, two]) {
    await client.query('begin');
    // Odyssey answers BEGIN by itself, and takes a connection for what comes next.
    await client.query('select 1');
  }
  const waiting = three.query('select 1 as it');
  const states = async () => {
    const clients = await odyssey.admin('SHOW CLIENTS');
    return clients.flatMap((client) => (client.database === database ? client.state : [])).sort();
  };
  await expect.poll(states).toEqual(['active', 'active', 'queue']);
  await one.query('commit');
  expect((await waiting).rows).toEqual([{ it: 1 }]);
});

test('any user can log in to any database, with the right password', async () => {
  const database = await postgres.createDatabase('another');
  await value(postgres.url(), `create role "odd user" login password 'p@ss/w:rd?"#%''\\ ß'`);
  const url = new URL(odyssey.url(database));
  expect(await value(url.href, 'select current_user || current_database()')).toBe(`postgres${database}`);
  url.password = 'wrong';
  await expect(connect(url.href)).rejects.toThrow(/^odyssey: .*password authentication failed/);
  url.username = encodeURIComponent('odd user');
  await expect(connect(url.href)).rejects.toThrow(/^odyssey: .*password authentication failed/);
  url.password = encodeURIComponent(`p@ss/w:rd?"#%'\\ ß`);
  expect(await value(url.href, 'select current_user || current_database()')).toBe(`odd user${database}`);
});

test('named statements hold with preparedStatements, under names of its own', async () => {
  const url = odyssey.url(await postgres.createDatabase());
  expect(new Set(await repeatedNamedQueries(url))).toEqual(new Set(['ok']));
  await using client = await connect(url);
  await client.query('begin');
  await client.query({ name: 'mine', text: 'select 42' });
  expect((await client.query('select name from pg_prepared_statements')).rows).toContainEqual({
    name: expect.stringMatching(/^odyssey_pstmt_\d+$/),
  });
});

test('named statements fail without', async () => {
  await using without = await startOdyssey({ preparedStatements: false, poolSize: 2 }, postgres.address);
  const ends = await repeatedNamedQueries(without.url());
  expect(ends.filter((end) => end === '26000').length).toBeGreaterThan(ends.length / 2);
  expect(await value(without.url(), 'select 1')).toBe(1);
});

test('killed, stopped and restarted, it is at the same port', async () => {
  await using other = await startOdyssey({ preparedStatements: true }, postgres.address);
  const url = other.url();
  await other.kill();
  await expect(connect(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await other.restart();
  expect(other.url()).toBe(url);
  await using client = await connect(url);
  await client.query('begin');
  await client.query('select 1');
  const start = performance.now();
  await other.stop();
  await other.stop();
  expect(performance.now() - start).toBeLessThan(2_000);
  await expect(client.query('select 1')).rejects.toThrow();
  await other.restart();
  expect(await value(url, 'select 1')).toBe(1);
  expect(other.log().match(/listening on/g)).toHaveLength(3);
});

test('SIGTERM waits for the transaction', async () => {
  await using other = await startOdyssey({ preparedStatements: true }, postgres.address);
  await using client = await connect(other.url());
  await client.query('begin');
  await client.query('select 1');
  const stopping = other.stop({ signal: 'SIGTERM', timeout: 30_000 });
  expect((await client.query('select 1 as it')).rows).toEqual([{ it: 1 }]);
  await client.query('commit');
  await stopping;
});

test('a port that is taken by the time of a restart is an error', async () => {
  await using other = await startOdyssey({ preparedStatements: true }, postgres.address);
  await other.stop();
  const thief = createServer().listen(other.address.port, '127.0.0.1');
  await once(thief, 'listening');
  await expect(other.restart()).rejects.toThrow('Odyssey odyssey did not start: it ended by itself.');
  thief.close();
  await once(thief, 'close');
  await other.restart();
  expect(await value(other.url(), 'select 1')).toBe(1);
});

test('what its configuration cannot express is an error', async () => {
  const starting = (password: string, poolSize = 1) =>
    startOdyssey({ preparedStatements: true, poolSize }, { ...postgres.address, password });
  await expect(starting('a"b')).rejects.toThrow('cannot express');
  await expect(starting('a\\')).rejects.toThrow('cannot express');
  await expect(starting('a\nb')).rejects.toThrow('cannot express');
  await expect(starting('a', 1.5)).rejects.toThrow('poolSize is 1.5');
  await expect(starting('a', -1)).rejects.toThrow('poolSize is -1');
});

test('a password with everything else works', async () => {
  const password = `p@ss/w:rd?#%'{}\\ ß`;
  await value(postgres.url(), `create role boss superuser login password E'p@ss/w:rd?#%''{}\\\\ ß'`);
  const address = { ...postgres.address, user: 'boss', password };
  await using other = await startOdyssey({ name: 'boss', preparedStatements: true }, address);
  expect(await value(other.url(), 'select current_user')).toBe('boss');
  expect(await other.admin('SHOW VERSION')).toHaveLength(1);
  // Looked up with the boss's password.
  const user = new URL(other.url());
  user.username = postgres.address.user;
  user.password = postgres.address.password;
  expect(await value(user.href, 'select current_user')).toBe('postgres');
});

test('a given binary must be an Odyssey', async () => {
  const starting = startOdyssey({ preparedStatements: true, binary: process.execPath }, postgres.address);
  await expect(starting).rejects.toThrow('is not an Odyssey');
});

test('where there is none, the error says what was tried and how to get one', async () => {
  vi.stubEnv('PATH', '/nowhere');
  const starting = startOdyssey({ preparedStatements: true }, postgres.address).finally(() =>
    vi.unstubAllEnvs(),
  );
  await expect(starting).rejects.toThrow(
    /^No Odyssey latest for .*: .*there is no apt-get to fetch it with\./,
  );
  await expect(starting).rejects.toThrow('https://github.com/yandex/odyssey');
});
