import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type * as typeorm from 'typeorm';
import type { Route } from '../../../pg/test/database.ts';
import { entities } from './entities.ts';

/** What an application changes the import of. */
export type Lib = Pick<typeof typeorm, 'DataSource'>;

export type Step = (lib: Lib, route: Route) => Promise<unknown>;
export type Postgres = Extract<typeorm.DataSourceOptions, { readonly type: 'postgres' }>;

/** The options of a data source of two connections. */
export function optionsOf({ url, poolsafe }: Route, own: Partial<Postgres> = {}): Postgres {
  return { type: 'postgres', url, poolSize: 2, entities, ...(poolsafe && { poolsafe }), ...own };
}

/** Does `work` with a data source of the library. */
export async function withDataSource<T>(
  { DataSource }: Lib,
  options: Postgres,
  work: (dataSource: typeorm.DataSource) => Promise<T>,
): Promise<T> {
  const dataSource = await new DataSource(options).initialize();
  try {
    return await work(dataSource);
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

/** What a call fails with, as far as applications look at it. */
export async function failure(call: () => unknown): Promise<unknown> {
  try {
    return ['no error', await call()];
  } catch (error) {
    const { name, message, driverError, query, parameters, code, detail, constraint } =
      error as typeorm.QueryFailedError<Error & Record<string, string>> & Record<string, string>;
    const said = { name, message, query, parameters, code, detail, constraint };
    // The hint may differ where PostgreSQL left it empty. See hint.test.ts of @poolsafe/pg.
    const { hint: _, ...fields } = { ...driverError };
    return driverError ? { ...said, driverError: [driverError.constructor.name, fields] } : said;
  }
}

/** What `work` sees in a transaction that leaves no trace. */
export async function rolledBack(
  dataSource: typeorm.DataSource,
  work: (manager: typeorm.EntityManager) => Promise<unknown>,
): Promise<unknown> {
  const runner = dataSource.createQueryRunner();
  await runner.startTransaction();
  try {
    return await work(runner.manager);
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
}

/** The rows of a stream, which is left after `take` of them, and closed. */
export async function collected(
  stream: Readable,
  take: number = Number.POSITIVE_INFINITY,
): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const row of stream) if (rows.push(row) === take) break;
  // To be left early is an error to it.
  await finished(stream).catch(() => {});
  return rows;
}

/** A logger of one's own, and what it was told. */
export function recorder(): { logger: typeorm.Logger; told: unknown[] } {
  const told: unknown[] = [];
  const logger: typeorm.Logger = {
    logQuery: (query, parameters) => told.push(['query', query, parameters]),
    logQueryError: (error, query) => told.push(['error', String(error), query]),
    logQuerySlow: () => {},
    logSchemaBuild: (message) => told.push(['schema', message]),
    logMigration: (message) => told.push(['migration', message]),
    log: (level, message) => told.push([level, message]),
  };
  return { logger, told };
}
