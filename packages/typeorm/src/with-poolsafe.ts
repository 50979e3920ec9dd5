import { configError } from '@poolsafe/core';
import { guardedOptions, isPostgres, type PostgresOptions } from './guarded-options.ts';

/**
 * What `TypeOrmModule.forRoot` takes besides the options of TypeORM. We don't use the type from `@nestjs/typeorm`
 * here to not have a dependency to it.
 */
export interface NestOptions {
  readonly name?: string;
  readonly retryAttempts?: number;
  readonly retryDelay?: number;
  // biome-ignore lint/suspicious/noExplicitAny: as in NestJS.
  readonly toRetry?: (error: any) => boolean;
  readonly autoLoadEntities?: boolean;
  readonly keepConnectionAlive?: boolean;
  readonly verboseRetryLog?: boolean;
  readonly manualInitialization?: boolean;
}

/**
 * Options for whoever constructs the `DataSource` of TypeORM itself, as NestJS does, with a guarded driver among
 * them.
 *
 * ```ts
 * import { withPoolsafe } from '@poolsafe/typeorm'
 *
 * TypeOrmModule.forRoot(withPoolsafe({ type: 'postgres', url: process.env.DATABASE_URL!, autoLoadEntities: true }))
 * ```
 *
 * What a data source made from them migrates takes no lock: that needs {@link DataSource} of this package, which
 * `TypeOrmModule.forRootAsync` takes as `dataSourceFactory: async (options) => new DataSource(options)`.
 *
 * @throws ConfigError as {@link DataSource}, for options of any other type than `postgres`, and for `migrationsRun`
 */
export function withPoolsafe(options: PostgresOptions & NestOptions): PostgresOptions & NestOptions {
  if (!isPostgres(options)) {
    throw configError(
      'withPoolsafe() was given a data source that is not of type `postgres`.',
      'leave it out',
    );
  }
  if (options.migrationsRun) {
    throw configError(
      'With `migrationsRun`, a data source that NestJS makes may apply migrations twice when two deployments start together.',
      "`TypeOrmModule.forRootAsync` with `dataSourceFactory: async (options) => new DataSource(options)` of '@poolsafe/typeorm', and the options without withPoolsafe()",
    );
  }
  return guardedOptions(options);
}
