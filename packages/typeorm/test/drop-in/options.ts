import pg from 'pg';
import type { DataSource } from 'typeorm';
import { optionsOf, type Postgres, recorder, type Step, withDataSource } from './lib.ts';

const one = (dataSource: DataSource) => dataSource.query('select 1 as one');
const poolOf = ({ driver }: DataSource) => (driver as unknown as { master: pg.Pool }).master;

/** A step that looks at a data source with these options. */
const withOptions =
  (own: Partial<Postgres>, look: (dataSource: DataSource) => Promise<unknown>): Step =>
  (lib, route) =>
    withDataSource(lib, optionsOf(route, own), look);

const notice = "do $$ begin raise notice 'hello'; end $$";

/** What an application sets, by what comes of it. */
export const optionSteps: Readonly<Record<string, Step>> = {
  'a URL': withOptions({}, one),
  'host, port and so on': async (lib, route) => {
    const { host, port, user, database, password } = new pg.Client(route.url);
    const { url: _, ...rest } = optionsOf(route);
    const options = { ...rest, host, port, username: user as string, database: database as string };
    const ways = [password as string, () => password as string, async () => password as string];
    return Promise.all(ways.map((password) => withDataSource(lib, { ...options, password }, one)));
  },
  'options that are frozen': (lib, route) =>
    withDataSource(lib, Object.freeze(optionsOf(route, { extra: Object.freeze({ max: 1 }) })), one),
  'what the data source says of itself': async (lib, route) => {
    const options = optionsOf(route, { applicationName: 'shop' });
    return withDataSource(lib, options, async (dataSource) => {
      const {
        driver: _,
        poolsafe: __,
        url,
        ...said
      } = dataSource.options as Postgres & { poolsafe?: unknown };
      const { database: ___, ...driver } = dataSource.driver.options as Postgres;
      return [
        said,
        url === route.url,
        driver.type,
        dataSource.isInitialized,
        dataSource instanceof lib.DataSource,
      ];
    });
  },
  applicationName: withOptions({ applicationName: 'shop' }, (source) =>
    source.query('show application_name'),
  ),
  'application_name in extra': withOptions({ extra: { application_name: 'till' } }, (source) =>
    source.query('show application_name'),
  ),
  'poolSize, extra and timeouts': withOptions(
    {
      poolSize: 3,
      connectTimeoutMS: 4000,
      extra: { idleTimeoutMillis: 77, query_timeout: 5000, keepAlive: true },
    },
    async (source) => {
      const { options, totalCount } = poolOf(source);
      const { max, connectionTimeoutMillis, idleTimeoutMillis, query_timeout, keepAlive } = options;
      await Promise.all(Array.from({ length: 9 }, () => one(source)));
      const counts = [totalCount, poolOf(source).totalCount];
      return [max, connectionTimeoutMillis, idleTimeoutMillis, query_timeout, keepAlive, counts];
    },
  ),
  parseInt8: async (lib, route) => {
    const before = pg.defaults.parseInt8;
    const asked = (own: Partial<Postgres>) =>
      withDataSource(lib, optionsOf(route, own), (source) => source.query('select 1::int8 as big'));
    const seen = [await asked({}), await asked({ parseInt8: true }), pg.defaults.parseInt8];
    pg.defaults.parseInt8 = before ?? false;
    return seen;
  },
  'poolErrorHandler, and without one': async (lib, route) => {
    const seen: unknown[] = [];
    const { logger, told } = recorder();
    for (const own of [{ poolErrorHandler: (error: unknown) => seen.push(String(error)) }, { logger }]) {
      await withDataSource(lib, optionsOf(route, own), async (source) =>
        poolOf(source).emit('error', new Error('lost')),
      );
    }
    return [seen, told.filter((line) => (line as string[])[0] !== 'query')];
  },
  logNotifications: async (lib, route) => {
    const { logger, told } = recorder();
    await withDataSource(lib, optionsOf(route, { poolSize: 1, logNotifications: true, logger }), (source) =>
      source.query(notice),
    );
    return told.filter((line) => (line as string[])[0] === 'info');
  },
};
