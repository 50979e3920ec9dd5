import type { Readable } from 'node:stream';
import { type DataSource, Table } from 'typeorm';
import { AuthorSchema, BookSchema } from './entities.ts';
import { collected, failure, rolledBack } from './lib.ts';

const levels = ['READ UNCOMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'] as const;
const name = async (source: DataSource) =>
  (await source.query('select name from author where id = 1'))[0].name;

/** What an application does with query runners, transactions and streams. Each leaves the rows as they were. */
export const runners: Readonly<Record<string, (dataSource: DataSource) => Promise<unknown>>> = {
  'connect, query and release': async (dataSource) => {
    const runner = dataSource.createQueryRunner();
    const connection = await runner.connect();
    return [
      connection === (await runner.connect()),
      await runner.query('select 1 as one'),
      runner.isReleased,
      await runner.release(),
      runner.isReleased,
      await runner.release(),
      await failure(() => runner.query('select 1')),
      await failure(() => runner.manager.find(AuthorSchema)),
    ];
  },
  'transaction, committed and rolled back': async (dataSource) => {
    const rename = (to: string, fails: boolean) =>
      dataSource.transaction(async (manager) => {
        await manager.update(AuthorSchema, { id: 1 }, { name: to });
        if (fails) throw new Error('mine');
        return to;
      });
    const seen = [await failure(() => rename('Eve', true)), await name(dataSource)];
    return [...seen, await rename('Zoe', false), await name(dataSource), await rename('Ada', false)];
  },
  'isolation levels': (dataSource) =>
    Promise.all(
      levels.map((level) =>
        dataSource.transaction(level, (manager) => manager.query('show transaction_isolation')),
      ),
    ),
  'an isolation level on a runner': async (dataSource) => {
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction('SERIALIZABLE');
    const seen = [runner.isTransactionActive, await runner.query('show transaction_isolation')];
    await runner.commitTransaction();
    seen.push(runner.isTransactionActive, await failure(() => runner.commitTransaction()));
    await runner.release();
    return seen;
  },
  'nested transactions': (dataSource) =>
    rolledBack(dataSource, async (manager) => {
      const inner = await failure(() =>
        manager.transaction(async (nested) => {
          await nested.insert(AuthorSchema, { id: 3, name: 'Cid' });
          await nested.insert(AuthorSchema, { id: 1, name: 'twice' });
        }),
      );
      await manager.transaction((nested) => nested.insert(AuthorSchema, { id: 4, name: 'Dan' }));
      return [inner, await manager.find(AuthorSchema, { order: { id: 'ASC' } })];
    }),
  'an error inside a transaction': (dataSource) =>
    rolledBack(dataSource, async (manager) => [
      await failure(() => manager.query('select nothing')),
      await failure(() => manager.query('select 1')),
    ]),
  'settings and locks of a transaction': (dataSource) =>
    dataSource
      .transaction(async (manager) => [
        await manager.query("set local work_mem to '5MB'"),
        await manager.query("select set_config('app.tenant_id', $1, true)", ['7']),
        await manager.query(
          "select current_setting('work_mem') as memory, current_setting('app.tenant_id') as tenant",
        ),
        await manager.query('select pg_advisory_xact_lock(4)'),
        await manager.query('set transaction read only'),
        await failure(() => manager.insert(AuthorSchema, { id: 3, name: 'Cid' })),
      ])
      .catch((error) => error.message),
  stream: async (dataSource) => {
    const runner = dataSource.createQueryRunner();
    const ended: string[] = [];
    const stream = await runner.stream('select i from generate_series(1, 250) i where i > $1', [3], () =>
      ended.push('end'),
    );
    const rows = await collected(stream);
    const after = await runner.query('select 1 as one');
    await runner.release();
    return [rows.length, rows[0], ended, after];
  },
  'stream of a query builder': async (dataSource) =>
    collected(await dataSource.createQueryBuilder(BookSchema, 'book').orderBy('book.id').stream()),
  'stream, left early': async (dataSource) => {
    const runner = dataSource.createQueryRunner();
    const rows = await collected(await runner.stream('select i from generate_series(1, 100000) i'), 3);
    const after = await runner.query('select 1 as one');
    await runner.release();
    return [rows, after];
  },
  'stream, in a transaction': (dataSource) =>
    rolledBack(dataSource, async ({ queryRunner }) => {
      await queryRunner?.query("insert into author values (3, 'Cid')");
      return collected((await queryRunner?.stream('select id from author order by id')) as Readable);
    }),
  'stream, failing': async (dataSource) => {
    const runner = dataSource.createQueryRunner();
    const said: string[] = [];
    const stream = await runner.stream('select 1 / 0', [], undefined, (error: Error) =>
      said.push(error.message),
    );
    const error = await collected(stream).catch((error) => [error.constructor.name, error.code]);
    const after = await runner.query('select 1 as one');
    await runner.release();
    return [error, said, after];
  },
  'tables, made and read': async (dataSource) => {
    const runner = dataSource.createQueryRunner();
    const columns = [
      {
        name: 'id',
        type: 'int',
        isPrimary: true,
        isGenerated: true,
        generationStrategy: 'increment' as const,
      },
    ];
    await runner.createTable(new Table({ name: 'made', columns, indices: [{ columnNames: ['id'] }] }));
    const made = await runner.getTable('made');
    const seen: unknown[] = [
      made?.columns.map(({ name, type, default: value }) => [name, type, value]),
      made?.indices.length,
    ];
    await runner.dropTable('made');
    seen.push(
      await runner.hasTable('made'),
      await runner.hasTable('author'),
      (await runner.getTables(['author'])).length,
    );
    seen.push(await runner.getCurrentSchema());
    await runner.release();
    return seen;
  },
  'a schema change that is only shown': async (dataSource) => {
    const { upQueries, downQueries } = await dataSource.driver.createSchemaBuilder().log();
    return [upQueries, downQueries];
  },
};
