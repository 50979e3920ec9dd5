import { Pool } from '@poolsafe/pg';
import * as poolsafe from '@poolsafe/typeorm';
import { DataSource, type PostgresOptions, withPoolsafe } from '@poolsafe/typeorm';
import * as typeorm from 'typeorm';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';
import { AuthorSchema, entities, setup } from './drop-in/entities.ts';

const database = await openDatabase(inject('servers'), ...setup);
afterAll(() => database[Symbol.asyncDispose]());

type Pools = { master: Pool; slaves: Pool[] };
const poolsOf = ({ driver }: typeorm.DataSource) => driver as unknown as Pools;

/** What NestJS does with options: it adds entities, and takes its own keys along. */
const asNest = (options: object) => ({ ...options, entities });

for (const { name, url } of database.routes) {
  test(`a data source that NestJS makes is guarded | ${name}`, async () => {
    const nest = { autoLoadEntities: true, retryAttempts: 3, name: 'shop' };
    const options = withPoolsafe({
      type: 'postgres',
      url,
      ...nest,
      poolsafe: { allow: ['POOLSAFE_LISTEN'] },
    });
    expect(options).toMatchObject({ type: 'postgres', url, ...nest });
    const made = await new typeorm.DataSource(asNest(options) as PostgresOptions).initialize();
    expect(poolsOf(made).master).toBeInstanceOf(Pool);
    expect(poolsOf(made).master.poolsafe.allow).toEqual(['POOLSAFE_LISTEN']);
    expect(await made.manager.countBy(AuthorSchema, { name: 'Ada' })).toBe(1);
    await expect(made.query("set work_mem to '4MB'")).rejects.toMatchObject({ code: 'POOLSAFE_SESSION_SET' });
    await made.destroy();
  });
}

test('one that dataSourceFactory makes takes the same options, and those of poolsafe', async () => {
  const { url } = database.through('1.18');
  const factory = async (options?: typeorm.DataSourceOptions): Promise<typeorm.DataSource> =>
    new DataSource({ ...(options as PostgresOptions), poolsafe: { pooler: 'pgbouncer-1.18' } });
  for (const options of [{ type: 'postgres', url } as const, withPoolsafe({ type: 'postgres', url })]) {
    const made = await (await factory(asNest(options) as PostgresOptions)).initialize();
    expect(poolsOf(made).master.poolsafe.pooler.name).toBe('pgbouncer-1.18');
    expect(await made.runMigrations()).toEqual([]);
    await made.destroy();
  }
});

test('`poolsafe` counts in `extra` too, and reaches the pools of all hosts', async () => {
  const [master, slave] = [database.through('1.18'), database.through('latest')];
  const replication = { master: { url: master.url }, slaves: [{ url: slave.url }, { url: slave.url }] };
  for (const own of [
    { poolsafe: { onHazard: 'warn' } },
    { extra: { poolsafe: { onHazard: 'warn' } } },
  ] as const) {
    const made = await new DataSource({ type: 'postgres', replication, ...own }).initialize();
    const pools = [poolsOf(made).master, ...poolsOf(made).slaves];
    expect(pools.map(({ poolsafe, options }) => [poolsafe.onHazard, options.connectionString])).toEqual(
      [master, slave, slave].map(({ url }) => ['warn', url]),
    );
    expect(new Set(pools.map(({ poolsafe }) => poolsafe)).size).toBe(3);
    await made.destroy();
  }
});

const routes = [...database.routes, database.told].map((route) => [route.name, route] as const);

test.each(routes)('timeouts in `extra` are in force, %s', async (_, { url, poolsafe }) => {
  const extra = { statement_timeout: 150, lock_timeout: 6000 };
  const made = await new DataSource({ type: 'postgres', url, extra, poolsafe }).initialize();
  const slow = (runner: { query(text: string): Promise<unknown> }) =>
    runner.query('select pg_sleep(3)').catch(({ code }) => code);
  const seen = [
    await made.query('show lock_timeout'),
    await slow(made),
    await made.transaction((manager) => slow(manager)).catch(({ code }) => code),
  ];
  await made.destroy();
  expect(seen).toEqual([[{ lock_timeout: '6s' }], '57014', '57014']);
});

test('classes are those of the user’s own TypeORM', () => {
  const made = new DataSource({ type: 'postgres', url: database.direct.url });
  expect(made).toBeInstanceOf(typeorm.DataSource);
  expect(made.constructor.name).toBe('DataSource');
  expect(typeorm.InstanceChecker.isDataSource(made)).toBe(true);
  expect(Object.keys(poolsafe).sort()).toEqual([
    'ConfigError',
    'DataSource',
    'HazardError',
    'PoolsafeError',
    'resolveUrls',
    'withPoolsafe',
    'withSettings',
  ]);
});
