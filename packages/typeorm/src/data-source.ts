import { configError, guard } from '@poolsafe/core';
import * as typeorm from 'typeorm';
import {
  type DataSourceOptions,
  guardedOptions,
  isPostgres,
  type PostgresDriver,
} from './guarded-options.ts';
import { migrateDirectly, withMigrationLock } from './migration-lock.ts';

type Bare = typeorm.DataSource;

/**
 * Drop-in for the `DataSource` of [TypeORM](https://typeorm.io/docs/data-source/data-source) over guarded pools of
 * `@poolsafe/pg`: safe behind a transaction-mode pooler. Migrations are applied once, however many deployments
 * start together: they take turns, and those that wait hold no server connection.
 *
 * ```ts
 * import { DataSource } from '@poolsafe/typeorm'
 *
 * const dataSource = new DataSource({ type: 'postgres', url: process.env.DATABASE_URL!, entities: [Note] })
 * await dataSource.initialize()
 * ```
 *
 * Any other `type` is left to TypeORM as it is: nothing of it goes through pg.
 *
 * @throws ConfigError from the constructor: wrong or contradictory options, an unusable URL, a startup parameter
 * in `extra` that the pooler refuses, a `driver` that poolsafe does not guard. A refused statement fails with the
 * QueryFailedError of TypeORM, whose `driverError` is the HazardError and whose `code` is the same.
 */
export class DataSource extends typeorm.DataSource {
  constructor(options: DataSourceOptions) {
    super(guarded(options));
  }

  /**
   * A raw query on any connection of the pool, where no query runner is given: there a BEGIN is refused, since the
   * next query may get another connection.
   */
  // biome-ignore lint/suspicious/noExplicitAny: must be declared as in TypeORM.
  override async query<T = any>(...given: Parameters<Bare['query']>): Promise<T> {
    const [query, parameters, runner] = given;
    const plan = (this.driver as Partial<PostgresDriver>).master?.poolsafe;
    // Some give what else pg takes.
    const onPool = !runner && typeof query === 'string';
    const refused = onPool && plan && guard(plan, query, { inTransaction: false, onPool });
    if (refused) throw new typeorm.QueryFailedError(query, parameters as unknown[], refused);
    return super.query(...given);
  }

  /** Waits without a time limit while another deployment migrates; it attempts again every second at most. */
  override runMigrations(...given: Parameters<Bare['runMigrations']>): ReturnType<Bare['runMigrations']> {
    return this.#once((there) => super.runMigrations.call(there, ...given));
  }

  /** Waits as {@link runMigrations} does. */
  override undoLastMigration(...given: Parameters<Bare['undoLastMigration']>): Promise<void> {
    return this.#once((there) => super.undoLastMigration.call(there, ...given));
  }

  async #once<T>(migrate: (there: Bare) => Promise<T>): Promise<T> {
    if (!this.isInitialized || !isPostgres(this.options)) return await migrate(this);
    const { poolsafe } = (this.driver as PostgresDriver).master;
    if (poolsafe.hasDirect) return await migrateDirectly(this, migrate);
    return await withMigrationLock(this, () => migrate(this));
  }
}

function guarded(options: DataSourceOptions): DataSourceOptions {
  if (isPostgres(options)) return guardedOptions(options);
  if ('poolsafe' in options) {
    throw configError(
      '`poolsafe` stands among the options of a data source that is not of type `postgres`.',
      'leave it out there',
    );
  }
  return options;
}
