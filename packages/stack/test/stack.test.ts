import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Stack, standardPgBouncers, startStack } from '../src/index.ts';
import { connect, value } from './connect.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const names = standardPgBouncers.map(({ name = '' }) => name);
const preparedStatements = new Map([
  ['1.24off', '0'],
  ['1.24', '200'],
  ['latest', '200'],
]);

describe('the standard stack', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack();
  });
  afterAll(() => stack?.stop());

  test('has a current PostgreSQL and the four PgBouncers, in order', () => {
    expect(stack.postgres.version).toMatch(/^\d+\.\d+$/);
    expect(stack.pgbouncers.map(({ name }) => name)).toEqual(['1.18', '1.24off', '1.24', 'latest']);
    const versions = stack.pgbouncers.map(({ version }) => version);
    expect(versions).toEqual([
      expect.stringMatching(/^1\.18\./),
      expect.stringMatching(/^1\.24\./),
      expect.stringMatching(/^1\.24\./),
      expect.stringMatching(/^1\.(2[6-9]|[3-9]\d)\./),
    ]);
  });

  test.each(names)('%s runs as configured', async (name) => {
    const bouncer = stack.pgbouncer(name);
    const config = new Map((await bouncer.admin('SHOW CONFIG')).map((row) => [row.key, row.value]));
    expect(config.get('pool_mode')).toBe('transaction');
    expect(config.get('default_pool_size')).toBe('5');
    expect(config.get('listen_addr')).toBe('127.0.0.1');
    expect(config.get('max_prepared_statements')).toBe(preparedStatements.get(name));
    expect((await bouncer.admin('SHOW VERSION'))[0]?.version).toContain(bouncer.version);
  });

  test.each(names)('%s: queries come back', async (name) => {
    const database = await stack.createDatabase();
    await using client = await connect(stack.pgbouncer(name).url(database));
    expect((await client.query('select current_database() as it')).rows).toEqual([{ it: database }]);
    expect((await client.query('select $1::int * 2 as it', [21])).rows).toEqual([{ it: 42 }]);
  });

  test.each(names)('%s checks passwords', async (name) => {
    const user = `user_${name.replace(/\W/g, '_')}`;
    await value(stack.postgres.url(), `create role ${user} login password 'right'`);
    const url = new URL(stack.pgbouncer(name).url());
    url.password = 'wrong';
    await expect(connect(url.href)).rejects.toThrow(
      /password authentication failed|SASL authentication failed/,
    );
    url.username = user;
    await expect(connect(url.href)).rejects.toThrow(
      /password authentication failed|SASL authentication failed/,
    );
    url.password = 'right';
    expect(await value(url.href, 'select current_user')).toBe(user);
  });

  test('an unknown name is answered with the names there are', () => {
    expect(() => stack.pgbouncer('2.0')).toThrow('there is "1.18", "1.24off", "1.24", "latest"');
  });

  test('a name is taken once', async () => {
    await expect(stack.startPgBouncer({ version: '1.18' })).rejects.toThrow('two PgBouncers "1.18"');
    expect(stack.pgbouncers).toHaveLength(4);
  });

  test('creates and drops databases, whatever their names', async () => {
    const name = 'a "quoted" näme';
    expect(await stack.createDatabase(name)).toBe(name);
    await using client = await connect(stack.pgbouncer('1.24').url(name));
    expect((await client.query('select current_database() as it')).rows[0].it).toBe(name);
    await expect(stack.createDatabase(name)).rejects.toMatchObject({ code: '42P04' });
    await stack.dropDatabase(name);
    expect(
      await value(stack.postgres.url(), `select count(*)::int from pg_database where datname like 'a "%'`),
    ).toBe(0);
    await stack.dropDatabase(name);
  });
});

test('settings reach the servers, and another PgBouncer can join', async () => {
  await using stack = await startStack({
    pgbouncers: [
      { name: 'small', version: '1.24', settings: { default_pool_size: 1, pool_mode: 'session' } },
    ],
    postgres: { settings: { work_mem: '3MB' } },
  });
  expect(await value(stack.postgres.url(), 'show work_mem')).toBe('3MB');
  expect(await value(stack.pgbouncer('small').url(), 'show work_mem')).toBe('3MB');
  const joined = await stack.startPgBouncer({ version: '1.18', settings: { query_wait_timeout: 7 } });
  expect(stack.pgbouncer('1.18')).toBe(joined);
  const settings = async (name: string) =>
    new Map((await stack.pgbouncer(name).admin('SHOW CONFIG')).map((row) => [row.key, row.value]));
  expect((await settings('small')).get('default_pool_size')).toBe('1');
  expect((await settings('small')).get('pool_mode')).toBe('session');
  expect((await settings('1.18')).get('query_wait_timeout')).toBe('7');
});

test('two stacks at once have nothing in common', async () => {
  const options = { pgbouncers: [{ version: '1.18' }] };
  const stacks = await Promise.all([startStack(options), startStack(options)]);
  await using one = stacks[0];
  await using two = stacks[1];
  await one.createDatabase('mine');
  expect(await value(one.pgbouncer('1.18').url('mine'), 'select 1')).toBe(1);
  await expect(connect(two.pgbouncer('1.18').url('mine'))).rejects.toThrow('mine');
});

test('stop() is quick although clients are busy, and may be repeated', async () => {
  const stack = await startStack({ pgbouncers: [{ version: '1.18' }, { version: '1.24' }] });
  const urls = [stack.postgres, ...stack.pgbouncers].map((server) => server.url());
  const queries = urls.map(async (url) => {
    await using client = await connect(url);
    await client.query('begin');
    await client.query('select pg_sleep(60)');
  });
  const failures = Promise.allSettled(queries);
  await expect
    .poll(() =>
      value(stack.postgres.url(), `select count(*)::int from pg_stat_activity where query ~ '^select pg_sl'`),
    )
    .toBe(3);
  const start = performance.now();
  await Promise.all([stack.stop(), stack.stop()]);
  expect(performance.now() - start).toBeLessThan(3_000);
  await stack.stop();
  expect((await failures).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  for (const url of urls) await expect(connect(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a PgBouncer that cannot be had stops what had started, and the error says how to get one', async () => {
  const starting = startStack({ pgbouncers: [{ version: '1.24' }, { version: '0.9' }] });
  const commands = { linux: 'sudo apt-get install pgbouncer', darwin: 'brew install pgbouncer' };
  await expect(starting).rejects.toThrow('No PgBouncer 0.9 for');
  await expect(starting).rejects.toThrow(commands[process.platform as 'linux' | 'darwin']);
  await expect(starting).rejects.toThrow('./configure && make');
});
