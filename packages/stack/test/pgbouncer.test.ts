import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Address, type Postgres, startPgBouncer, startPostgres } from '../src/index.ts';
import { connect, value } from './connect.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

test('needs no more than an address, even with a password like this', async () => {
  const password = `p@ss/w:rd?"#%'\\ ß`;
  await value(postgres.url(), `create role "odd user" superuser login password E'p@ss/w:rd?"#%''\\\\ ß'`);
  const address: Address = JSON.parse(JSON.stringify({ ...postgres.address, user: 'odd user', password }));
  await using bouncer = await startPgBouncer({ version: '1.24' }, address);
  expect(await value(bouncer.url(), 'select current_user')).toBe('odd user');
  expect(await bouncer.admin('SHOW VERSION')).toHaveLength(1);
});

describe.each(['1.18', '1.24', 'latest'])('PgBouncer %s', (version) => {
  test('killed and restarted, it is at the same port with the same settings', async () => {
    await using bouncer = await startPgBouncer(
      { version, settings: { default_pool_size: 3 } },
      postgres.address,
    );
    const url = bouncer.url();
    await bouncer.kill();
    await expect(connect(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await bouncer.restart();
    expect(bouncer.url()).toBe(url);
    expect(await value(url, 'select 1')).toBe(1);
    expect(await bouncer.admin('SHOW CONFIG')).toContainEqual(
      expect.objectContaining({ key: 'default_pool_size', value: '3' }),
    );
  });

  test('restart() while it runs breaks its connections, and it is back', async () => {
    await using bouncer = await startPgBouncer({ version }, postgres.address);
    await using client = await connect(bouncer.url());
    await bouncer.restart();
    await expect(client.query('select 1')).rejects.toThrow();
    expect(await value(bouncer.url(), 'select 1')).toBe(1);
    expect(bouncer.log().match(/process up/g)).toHaveLength(2);
  });

  test('SIGINT waits for the transaction, up to the time limit', async () => {
    await using bouncer = await startPgBouncer({ version }, postgres.address);
    await using client = await connect(bouncer.url());
    await client.query('begin');
    const stopping = bouncer.stop({ signal: 'SIGINT', timeout: 30_000 });
    expect((await client.query('select 1 as it')).rows).toEqual([{ it: 1 }]);
    await client.query('commit');
    await stopping;
    await bouncer.restart();
    await using other = await connect(bouncer.url());
    await other.query('begin');
    const start = performance.now();
    await bouncer.stop({ signal: 'SIGINT', timeout: 300 });
    expect(performance.now() - start).toBeGreaterThanOrEqual(299);
    await expect(other.query('select 1')).rejects.toThrow();
  });

  test('PAUSE and RESUME on the console', async () => {
    await using bouncer = await startPgBouncer({ version }, postgres.address);
    await using client = await connect(bouncer.url());
    await bouncer.admin('PAUSE');
    let answered = false;
    const query = client.query('select 1').then(() => {
      answered = true;
    });
    await expect
      .poll(async () => (await bouncer.admin('SHOW POOLS'))[0])
      .toMatchObject({ database: 'pgbouncer' });
    expect(answered).toBe(false);
    await bouncer.admin('RESUME');
    await query;
    await expect(bouncer.admin('NONSENSE')).rejects.toThrow();
  });
});

test('a setting that PgBouncer does not know is an error with its words', async () => {
  const starting = startPgBouncer(
    { name: 'odd', version: '1.24', settings: { no_such_key: 1 } },
    postgres.address,
  );
  await expect(starting).rejects.toThrow(/^PgBouncer odd did not start.*no_such_key/s);
});

test('a port that is taken is an error when it was asked for', async () => {
  await using first = await startPgBouncer({ version: '1.18' }, postgres.address);
  const settings = { listen_port: first.address.port };
  await expect(startPgBouncer({ version: '1.18', settings }, postgres.address)).rejects.toThrow(
    'did not start',
  );
  await expect(startPgBouncer({ version: '1.24', settings }, postgres.address)).rejects.toThrow(
    'did not start',
  );
});

test('a given binary must be a PgBouncer', async () => {
  const starting = startPgBouncer({ version: 'latest', binary: process.execPath }, postgres.address);
  await expect(starting).rejects.toThrow('is not a PgBouncer');
});
