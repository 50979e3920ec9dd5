import { inspect } from 'node:util';
import { DataSource, HazardError, PoolsafeError, type PostgresOptions } from '@poolsafe/typeorm';
import { QueryFailedError } from 'typeorm';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase, type Route } from '../../pg/test/database.ts';
import { AuthorSchema, entities, setup } from './drop-in/entities.ts';
import { collected } from './drop-in/lib.ts';

const database = await openDatabase(inject('servers'), ...setup);
afterAll(() => database[Symbol.asyncDispose]());
const pooled = database.through('latest');

async function using(
  { url }: Route,
  poolsafe: PostgresOptions['poolsafe'],
  work: (dataSource: DataSource) => Promise<unknown>,
): Promise<void> {
  const options = { type: 'postgres', url, poolsafe, entities, poolSize: 1 } as const;
  const dataSource = await new DataSource(options).initialize();
  await work(dataSource);
  await dataSource.destroy();
}

type Refused = QueryFailedError & { readonly code: string };
const refused = (sent: Promise<unknown>) => sent.catch((error) => error) as Promise<Refused>;

const setting = "select set_config('a.b', $1, false)";

/** Each way to send SQL of one's own. */
const ways: Readonly<Record<string, (dataSource: DataSource) => Promise<unknown>>> = {
  'a data source': (dataSource) => dataSource.query(setting, ['hunter2']),
  'a manager': ({ manager }) => manager.query(setting, ['hunter2']),
  'a repository': (dataSource) => dataSource.getRepository(AuthorSchema).query(setting, ['hunter2']),
  'a template': (dataSource) => dataSource.sql`select set_config('a.b', ${'hunter2'}, false)`,
  'a runner': (dataSource) => dataSource.createQueryRunner().query(setting, ['hunter2']),
  'a transaction': (dataSource) => dataSource.transaction((manager) => manager.query(setting, ['hunter2'])),
  'a query builder': ({ manager }) =>
    manager
      .createQueryBuilder()
      .select("set_config('a.b', 'hunter2', false)")
      .from(AuthorSchema, 'a')
      .getRawMany(),
};

for (const [title, send] of Object.entries(ways)) {
  test(`a refusal is the driverError of TypeORM’s own error | ${title}`, async () => {
    await using(pooled, {}, async (dataSource) => {
      const error = await refused(send(dataSource));
      expect(error).toBeInstanceOf(QueryFailedError);
      expect(error.code).toBe('POOLSAFE_SET_CONFIG');
      expect(error.driverError).toBeInstanceOf(HazardError);
      expect(PoolsafeError.is(error.driverError)).toBe(true);
      expect(inspect(error.driverError)).not.toContain('hunter2');
      expect(error.message).toMatch(/set_config[\s\S]*fix: [\s\S]*read more: /);
    });
  });
}

test('a refusal goes to the stream', async () => {
  await using(pooled, {}, async (dataSource) => {
    const runner = dataSource.createQueryRunner();
    const stream = await runner.stream("select set_config('a.b', 'c', false)");
    await expect(collected(stream)).rejects.toBeInstanceOf(HazardError);
    expect(await runner.query('select 1 as one')).toEqual([{ one: 1 }]);
    await runner.release();
  });
});

const begins: Readonly<Record<string, (dataSource: DataSource) => Promise<unknown>>> = {
  'a data source': (dataSource) => dataSource.query('begin'),
  'a manager': ({ manager }) => manager.query('start transaction'),
  'a repository': (dataSource) => dataSource.getRepository(AuthorSchema).query('BEGIN'),
};

for (const [title, begin] of Object.entries(begins)) {
  test(`a transaction by hand needs a runner | ${title}`, async () => {
    await using(pooled, {}, async (dataSource) => {
      const error = await refused(begin(dataSource));
      expect(error).toBeInstanceOf(QueryFailedError);
      expect(error.code).toBe('POOLSAFE_TRANSACTION_ON_POOL');
      const runner = dataSource.createQueryRunner();
      await dataSource.query('begin', [], runner);
      await runner.query('rollback');
      await runner.release();
    });
    for (const [route, poolsafe] of [
      [database.direct, { pooler: 'direct' }],
      [pooled, { allow: ['POOLSAFE_TRANSACTION_ON_POOL'] }],
    ] as const) {
      await using(route, poolsafe, async (dataSource) => {
        await begin(dataSource);
        await dataSource.query('rollback');
      });
    }
  });
}
