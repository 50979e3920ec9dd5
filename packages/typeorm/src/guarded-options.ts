import { configError, type PoolsafeOptions } from '@poolsafe/core';
import pg, { Pool, type PoolConfig } from '@poolsafe/pg';
import type * as typeorm from 'typeorm';

/** The options of TypeORM for PostgreSQL, and {@link PoolsafeOptions} under the key `poolsafe`. */
export type PostgresOptions = Extract<typeorm.DataSourceOptions, { readonly type: 'postgres' }> & {
  readonly poolsafe?: PoolsafeOptions | undefined;
};

/** The options of TypeORM, with `poolsafe` among those for PostgreSQL. */
export type DataSourceOptions = typeorm.DataSourceOptions | PostgresOptions;

/** What is read of the driver of TypeORM for PostgreSQL: its pool for everything but reading from slaves. */
export type PostgresDriver = typeorm.Driver & { readonly master: Pool };

/** Whether TypeORM talks to PostgreSQL, through pg: only then there is something to guard. */
export function isPostgres(options: typeorm.DataSourceOptions): options is PostgresOptions {
  return options.type === 'postgres';
}

/**
 * The same options with a guarded driver: each pool that TypeORM makes with it, for the master and for every
 * slave, has a plan of its own.
 *
 * @throws ConfigError for a driver that poolsafe does not guard, and for what a Pool of @poolsafe/pg refuses
 */
export function guardedOptions<T extends PostgresOptions>(options: T): T {
  const driver = guardedDriver(options);
  for (const config of poolConfigs(options)) new driver.Pool(config);
  return { ...options, driver };
}

type Driver = { readonly Pool: typeof Pool };

function guardedDriver({ driver, nativeDriver, poolsafe }: PostgresOptions): Driver {
  const given: Driver = driver ?? pg;
  if (nativeDriver || (given.Pool !== Pool && !(given.Pool?.prototype instanceof Pool))) {
    throw configError(
      `\`${nativeDriver ? 'nativeDriver' : 'driver'}\` is a driver that poolsafe does not guard.`,
      "leave it out; `driver` may also be the default export of '@poolsafe/pg'",
    );
  }
  class DriverPool extends given.Pool {
    constructor(config?: PoolConfig) {
      super({ poolsafe, ...config });
    }
  }
  return { ...given, Pool: DriverPool };
}

/**
 * What TypeORM will make pools from, as far as a plan depends on it. Made here once, so that what is wrong with
 * the second host is not found after the login to the first.
 */
function poolConfigs({ replication, extra, ...options }: PostgresOptions): PoolConfig[] {
  const hosts = replication ? [replication.master, ...replication.slaves] : [options];
  return hosts.map(({ url, host, port, username, database, applicationName }) => ({
    connectionString: url,
    host,
    port,
    user: username,
    database,
    application_name: options.applicationName ?? applicationName,
    ...extra,
  }));
}
