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
import type pg from 'pg';
import { copyOf } from './copied-options.ts';
import { GuardedPostgresAdapter, GuardedPostgresIntrospector } from './migration-lock.ts';
import { type GuardedPool, PoolSessions } from './pool-sessions.ts';
import { GuardedPostgresDriver, type OpenPool } from './postgres-driver.ts';

/** The config of kysely's PostgresDialect, where `pool` may be the options of a pool, and `poolsafe` goes with those. */
export interface PostgresDialectConfig extends Omit<BareConfig, 'pool'> {
  /** A Pool of `@poolsafe/pg`, a function that gives one when the first query comes, or the options to make one. */
  pool: Pool | PoolConfig | ((...given: Parameters<OpenPool>) => Promise<Pool>);
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
  /** Whether each database over this dialect opens a pool of its own. */
  readonly #opensOwn: boolean;
  #pool: GuardedPool | undefined;

  constructor(config: PostgresDialectConfig) {
    const { pool, poolsafe, ...rest } = config ?? {};
    const open = openerOf(pool, poolsafe);
    super({ ...rest, pool: open as never });
    this.#config = rest;
    this.#open = open;
    this.#opensOwn = typeof pool === 'function';
  }

  /**
   * A dialect whose connections lead to PostgreSQL itself, where nothing is refused: for migrations, and for whatever
   * else needs a session. Each connection is a session of the pool, and is closed when it comes back.
   *
   * ```ts
   * const migrations = new Kysely<Database>({ dialect: dialect.direct() })
   * await new Migrator({ db: migrations, provider }).migrateToLatest()
   * ```
   *
   * Where neither `poolsafe.direct` was given nor the pool leads there itself, its first query fails with a ConfigError.
   */
  direct(): PostgresDialect {
    const sessions: OpenPool = async (...given) => {
      const pool = await this.#open(...given);
      return pool instanceof PoolSessions ? pool : new PoolSessions(pool as Pool, { ends: this.#opensOwn });
    };
    return new PostgresDialect({ ...this.#config, pool: sessions as never });
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
      const pool = besides(this.#pool as GuardedPool);
      const connect = async () => {
        const client = await pool.connect();
        (client as pg.PoolClient & pg.Client).once('end', onClose);
        return client;
      };
      return new Kysely({ dialect: new BareDialect({ pool: { connect, end: () => pool.end() } as never }) });
    });
  }

  override createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new GuardedPostgresIntrospector(db);
  }
}

/** Where the migration lock is held: on the direct lane where there is one. */
function besides(pool: GuardedPool): GuardedPool {
  if (pool instanceof PoolSessions) return pool;
  return pool.poolsafe.hasDirect
    ? new PoolSessions(pool as Pool)
    : new Pool(copyOf(pool.options, { max: 1 }));
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

function guarded(pool: unknown): GuardedPool {
  if (pool instanceof PoolSessions) return pool;
  const { poolsafe, totalCount } = (pool ?? {}) as { poolsafe?: Plan; totalCount?: number };
  if (poolsafe === undefined || totalCount === undefined) {
    throw configError(
      'The `pool` of PostgresDialect is not a Pool that poolsafe guards.',
      "make it with `new Pool()` of '@poolsafe/pg', or give its options: `pool: { connectionString: url }`",
    );
  }
  return pool as Pool;
}
