import { expect, test, vi } from 'vitest';
import { startPostgres, startStack } from '../src/index.ts';
import { value } from './connect.ts';

vi.setConfig({ testTimeout: 120_000 });

test('a server that runs already is used, and left as it was', async () => {
  await using running = await startPostgres();
  const url = `${running.url()}?application_name=mine`;
  const stack = await startStack({ postgres: { url }, pgbouncers: [{ version: '1.24' }] });
  expect(stack.postgres.version).toBe(running.version);
  expect(stack.postgres.address).toEqual(running.address);
  const database = await stack.createDatabase();
  expect(await value(stack.postgres.url(database), `select current_setting('application_name')`)).toBe(
    'mine',
  );
  expect(await value(stack.pgbouncer('1.24').url(database), 'select current_database()')).toBe(database);
  await stack.stop();
  await stack.stop();
  expect(
    await value(running.url(), `select count(*)::int from pg_database where datname = '${database}'`),
  ).toBe(0);
});

test('settings cannot be given for it', async () => {
  const starting = startPostgres({
    url: 'postgres://postgres@127.0.0.1:1/postgres',
    settings: { work_mem: '1MB' },
  });
  await expect(starting).rejects.toThrow('cannot be applied');
});

test('a setting that PostgreSQL refuses is an error with its words', async () => {
  await expect(startPostgres({ settings: { work_mem: 'much' } })).rejects.toThrow(
    /^PostgreSQL did not start.*invalid value for parameter "work_mem": "much"/s,
  );
});
