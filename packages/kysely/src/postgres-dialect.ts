import { configError, type Plan, type PoolsafeOptions } from '@poolsafe/core';
import { Pool, type PoolConfig } from '@poolsafe/pg';
import {
  type PostgresDialectConfig as BareConfig,
  PostgresDialect as BareDialect,
  type DatabaseIntrospector,
  type DialectAdapter,
  type Driver,
  Kysely,
} from 'kysely';
import { GuardedPostgresAdapter, GuardedPostgresIntrospector } from './migration-lock.ts';
import { GuardedPostgresDriver, type OpenPool } from './postgres-driver.ts';

/** The config of kysely's PostgresDialect, where `pool` may be the options of a pool, and `poolsafe` goes with those. */
export interface PostgresDialectConfig extends Omit<BareConfig, 'pool'> {
  /** A Pool of `@poolsafe/pg`, a function that gives one when the first query comes, or the options to make one. */
  pool: Pool | PoolConfig | OpenPool;
  poolsafe?: PoolsafeOptions | undefined;
}

/**
 * Drop-in for the `PostgresDialect` of [kysely](https://kysely.dev) over a guarded pool of `@poolsafe/pg`: safe
 * behind a transaction-mode pooler, with a migration lock that cannot be stranded, and `AbortSignal`s that cancel
 * the query they belong to and no other.
 *
 * ```ts
 * import { PostgresDialect } from '@poolsafe/kysely'
 * import { Kysely } from 'kysely'
 *
 * const db = new Kysely<Database>({
 *   dialect: new PostgresDialect({ pool: { connectionString: process.env.DATABASE_URL, max: 10 } }),
 * })
 * ```
 *
 * `db.destroy()` ends the pool, whoever made it, as with kysely.
 *
 * @throws ConfigError for a `pool` that is not one of `@poolsafe/pg`, at the first query when a function gave it,
 * and whatever its Pool throws
 */
export class PostgresDialect extends BareDialect {
  readonly #config: Omit<PostgresDialectConfig, 'pool'>;
  readonly #open: OpenPool;
  #pool: Pool | undefined;

  constructor(config: PostgresDialectConfig) {
    const { pool, poolsafe, ...rest } = config ?? {};
    const open = openerOf(pool, poolsafe);
    super({ ...rest, pool: open });
    this.#config = rest;
    this.#open = open;
  }

  override createDriver(): Driver {
    return new GuardedPostgresDriver({
      ...this.#config,
      pool: async (...given) => {
        this.#pool = await this.#open(...given);
        return this.#pool;
      },
    });
  }

  override createAdapter(): DialectAdapter {
    return new GuardedPostgresAdapter((onClose) => {
      const pool = new Pool(copyOf((this.#pool as Pool).options, { max: 1 }));
      pool.on('connect', (client) => client.once('end', onClose));
      return new Kysely({ dialect: new BareDialect({ pool }) });
    });
  }

  override createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new GuardedPostgresIntrospector(db);
  }
}

function openerOf(pool: unknown, poolsafe: PoolsafeOptions | undefined): OpenPool {
  const isOptions = typeof pool === 'object' && pool !== null && !('connect' in pool);
  if (!isOptions && poolsafe !== undefined) {
    throw configError(
      'PostgresDialect was given both a pool and `poolsafe`, which only counts when the pool is made.',
      'give `poolsafe` to the Pool',
    );
  }
  if (typeof pool === 'function') return async (...given) => guarded(await pool(...given));
  const made = isOptions ? new Pool(copyOf(pool, poolsafe && { poolsafe })) : guarded(pool);
  return async () => made;
}

function guarded(pool: unknown): Pool {
  const { poolsafe, totalCount } = (pool ?? {}) as { poolsafe?: Plan; totalCount?: number };
  if (poolsafe === undefined || totalCount === undefined) {
    throw configError(
      'The `pool` of PostgresDialect is not a Pool that poolsafe guards.',
      "make it with `new Pool()` of '@poolsafe/pg', or give its options: `pool: { connectionString: url }`",
    );
  }
  return pool as Pool;
}

/** With descriptors, since pg hides the password of options that it has used before. */
function copyOf(options: PoolConfig | undefined, changes: PoolConfig | undefined): PoolConfig {
  const [old, changed] = [options ?? {}, changes ?? {}].map(Object.getOwnPropertyDescriptors);
  return Object.defineProperties({}, { ...old, ...changed });
}
