import type { DataSource } from 'typeorm';
import { failure, type Lib, optionsOf, type Postgres, type Step, withDataSource } from './lib.ts';

const one = (dataSource: DataSource) => dataSource.query('select 1 as one');

/** From the constructor to the end of a data source. */
export const lifeSteps: Readonly<Record<string, Step>> = {
  'set after the data source was made': async (lib, route) => {
    const dataSource = new lib.DataSource(optionsOf(route));
    dataSource.setOptions({ applicationName: 'late' } as Partial<Postgres>);
    await dataSource.initialize();
    const seen = await dataSource.query('show application_name');
    await dataSource.destroy();
    return seen;
  },
  'made from the options of another': (lib, route) =>
    withDataSource(lib, optionsOf(route), async ({ options }) => {
      const { entities: _, ...same } = options as Postgres;
      return [await withDataSource(lib, same, one), await withDataSource(lib, options as Postgres, one)];
    }),
  'initialised, destroyed, and both again': async (lib, route) => {
    const dataSource = new lib.DataSource(optionsOf(route));
    const seen = [await failure(() => dataSource.destroy()), await failure(() => one(dataSource))];
    seen.push((await dataSource.initialize()) === dataSource, await failure(() => dataSource.initialize()));
    seen.push(await one(dataSource), await dataSource.destroy(), await failure(() => one(dataSource)));
    seen.push(
      (await dataSource.initialize()).isInitialized,
      await one(dataSource),
      await dataSource.destroy(),
    );
    return seen;
  },
  'destroyed while a runner is out': (lib, route) =>
    withDataSource(lib, optionsOf(route), async (dataSource) => {
      const runner = dataSource.createQueryRunner();
      await runner.startTransaction();
      await dataSource.destroy();
      return [runner.isReleased, await failure(() => runner.query('select 1'))];
    }),
  'an unusable login': async (lib, route) => {
    const dataSource = new lib.DataSource(
      optionsOf({ ...route, url: route.url.replace(/:[^:@]+@/, ':wrong@') }),
    );
    const error = await dataSource.initialize().catch((error) => error);
    return [error.constructor.name, /^(28P01|08P01)$/.test(error.code), dataSource.isInitialized];
  },
  'another kind of database': async ({ DataSource }: Lib) => {
    const options = { type: 'mysql', url: 'mysql://app@127.0.0.1:1/shop' } as const;
    const made = () => new DataSource(options);
    return [
      await failure(() => made().options === options),
      await failure(() => new DataSource({ type: 'x' } as never)),
    ];
  },
};
