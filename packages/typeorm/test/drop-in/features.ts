import { type DataSource, EntitySchema, type QueryRunner } from 'typeorm';
import { AuthorSchema, BookSchema } from './entities.ts';
import { optionsOf, recorder, rolledBack, type Step, withDataSource } from './lib.ts';

const onRunner = async (source: DataSource, work: (runner: QueryRunner) => unknown) => {
  const runner = source.createQueryRunner();
  await work(runner);
  await runner.release();
};

const events = [
  ...['beforeInsert', 'afterInsert', 'afterLoad', 'beforeQuery', 'afterQuery'],
  ...[
    'beforeTransactionStart',
    'afterTransactionStart',
    'beforeTransactionRollback',
    'afterTransactionRollback',
  ],
];
const detailOf = (event: unknown) => {
  const { entity, query, success, ...rest } = event as Record<string, unknown>;
  return { entity, query, success, id: rest.id, name: rest.name };
};

/** Everything that a subscriber is told, and that a logger is told, of one insert. */
const subscribed: Step = async (lib, route) => {
  const heard: unknown[] = [];
  const hears = (event: string) => (given: unknown) => void heard.push([event, detailOf(given)]);
  class Subscriber {
    listenTo = () => AuthorSchema.options.name;
  }
  Object.assign(Subscriber.prototype, Object.fromEntries(events.map((event) => [event, hears(event)])));
  const { logger, told } = recorder();
  await withDataSource(lib, optionsOf(route, { subscribers: [Subscriber], logger }), (dataSource) =>
    rolledBack(dataSource, async (manager) => {
      await manager.save(AuthorSchema, { id: 3, name: 'Cid' });
      await manager.findOneBy(AuthorSchema, { id: 3 });
      await manager.query('select nothing').catch(() => {});
    }),
  );
  return [heard, told];
};

const Thing = new EntitySchema<{ id: string; kind: string; size: number; big: number }>({
  name: 'thing',
  columns: {
    id: { type: 'uuid', primary: true, generated: 'uuid' },
    kind: { type: 'enum', enum: ['a', 'b'], default: 'a' },
    size: { type: 'int', generated: 'increment' },
    big: { type: 'int8', default: 7 },
  },
  indices: [{ columns: ['kind'] }],
});

/** The schema builder from an empty schema on, and again with nothing to do. */
const synchronized: Step = async (lib, route) => {
  const { logger, told } = recorder();
  const own = { schema: 'made', entities: [Thing], synchronize: true, dropSchema: true, logger };
  let uuid = '';
  const rows = await withDataSource(lib, optionsOf(route, own), async (dataSource) => {
    const things = dataSource.getRepository(Thing);
    const { id, ...thing } = await things.save({ kind: 'b' });
    uuid = id;
    await dataSource.synchronize();
    const { big } = await things.findOneByOrFail({ id });
    await dataSource.dropDatabase();
    return [thing, big, await dataSource.query('show search_path')];
  });
  return [rows, JSON.stringify(told).replaceAll(uuid, 'uuid')];
};

/** What TypeORM does on its own beside queries. */
export const featureSteps: Readonly<Record<string, Step>> = {
  'subscribers and a logger': subscribed,
  'schema, synchronize and dropSchema, an enum and a uuid': synchronized,
  'installExtensions: false': async (lib, route) => {
    const { logger, told } = recorder();
    await withDataSource(
      lib,
      optionsOf(route, { entities: [Thing], installExtensions: false, logger }),
      async () => {},
    );
    return told;
  },
  cache: (lib, route) =>
    withDataSource(
      lib,
      optionsOf(route, { cache: { type: 'database', tableName: 'cached' } }),
      async (source) => {
        await onRunner(source, (runner) => source.queryResultCache?.synchronize(runner));
        const find = () =>
          source.manager.find(BookSchema, {
            order: { id: 'ASC' },
            cache: { id: 'books', milliseconds: 60_000 },
          });
        const seen = [
          await find(),
          await find(),
          (await source.query('select identifier from cached')).length,
        ];
        await onRunner(source, (runner) => source.queryResultCache?.clear(runner));
        await source.query('drop table cached');
        return seen;
      },
    ),
};
