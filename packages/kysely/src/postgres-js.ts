import { configError, type PoolsafeOptions } from '@poolsafe/core';
import postgres, { type Options, type Sql } from '@poolsafe/postgres';
import { type DatabaseIntrospector, type DialectAdapter, type Driver, Kysely } from 'kysely';
import {
  type PostgresJSDialectConfig as BareConfig,
  PostgresJSDialect as BareDialect,
} from 'kysely-postgres-js';
import type postgresjs from 'postgres';
import { GuardedPostgresAdapter, GuardedPostgresIntrospector } from './migration-lock.ts';
import { GuardedPostgresJSDriver, type OpenSql } from './postgres-js-driver.ts';
import { type GuardedSql, SqlSessions } from './sql-sessions.ts';

export { type Settings, withSettings } from '@poolsafe/core';
export { type ResolvedUrls, resolveUrls } from '@poolsafe/core/urls';

/** The options of `postgres()`, and its URL. */
export type PostgresJSOptions = Options<Record<string, postgresjs.PostgresType>> & {
  url?: string | undefined;
};

/** The config of kysely-postgres-js, where `postgres` may be a URL or options, and `poolsafe` goes with those. */
export interface PostgresJSDialectConfig extends Omit<BareConfig, 'postgres'> {
  /** A client of `@poolsafe/postgres`, a function that gives one when the first query comes, or what to make one of. */
  readonly postgres:
    | Sql
    | string
    | PostgresJSOptions
    | ((...given: Parameters<OpenSql>) => Sql | Promise<Sql>);
  readonly poolsafe?: PoolsafeOptions | undefined;
}

/**
 * Drop-in for the `PostgresJSDialect` of [kysely-postgres-js](https://github.com/kysely-org/kysely-postgres-js)
 * over a guarded client of `@poolsafe/postgres`, otherwise as the `PostgresDialect` of this package.
 *
 * ```ts
 * import { PostgresJSDialect } from '@poolsafe/kysely/postgres-js'
 * import { Kysely } from 'kysely'
 *
 * const db = new Kysely<Database>({ dialect: new PostgresJSDialect({ postgres: process.env.DATABASE_URL! }) })
 * ```
 *
 * @throws ConfigError for a client that is not one of `@poolsafe/postgres`, at the first query when a function
 * gave it, and whatever its `postgres()` throws
 */
export class PostgresJSDialect extends BareDialect {
  readonly #config: Omit<PostgresJSDialectConfig, 'postgres' | 'poolsafe'>;
  readonly #open: OpenSql;
  /** Whether each database over this dialect opens a client of its own. */
  readonly #opensOwn: boolean;
  #sql: GuardedSql | undefined;

  constructor(config: PostgresJSDialectConfig) {
    const { postgres, poolsafe, ...rest } = config ?? {};
    const open = openerOf(postgres, poolsafe);
    super({ ...rest, postgres: open as never });
    this.#config = rest;
    this.#open = open;
    this.#opensOwn = typeof postgres === 'function' && !('reserve' in postgres);
  }

  /**
   * A dialect whose connections lead to PostgreSQL itself, where nothing is refused: for migrations, and for whatever
   * else needs a session. Each connection is a session of the client, and is closed when it comes back.
   *
   * ```ts
   * const migrations = new Kysely<Database>({ dialect: dialect.direct() })
   * await new Migrator({ db: migrations, provider }).migrateToLatest()
   * ```
   *
   * Where neither `poolsafe.direct` was given nor the client leads there itself, its first query fails with a
   * ConfigError.
   */
  direct(): PostgresJSDialect {
    const sessions: OpenSql = async (...given) => {
      const sql = await this.#open(...given);
      return sql instanceof SqlSessions ? sql : new SqlSessions(sql as Sql, { ends: this.#opensOwn });
    };
    return new PostgresJSDialect({ ...this.#config, postgres: sessions as never });
  }

  override createDriver(): Driver {
    return new GuardedPostgresJSDriver({
      ...this.#config,
      postgres: async (...given) => {
        this.#sql = await this.#open(...given);
        return this.#sql;
      },
    });
  }

  override createAdapter(): DialectAdapter {
    return new GuardedPostgresAdapter((onclose) => {
      const sql = besides(this.#sql as GuardedSql, onclose);
      return new Kysely({ dialect: new BareDialect({ postgres: async () => sql as never }) });
    });
  }

  override createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new GuardedPostgresIntrospector(db);
  }
}

/** Where the migration lock is held: on the direct lane where there is one. */
function besides(sql: GuardedSql, onclose: () => void): GuardedSql {
  if (sql instanceof SqlSessions) return sql;
  const { options, poolsafe: plan } = sql;
  const { pooler, allow, onHazard } = plan;
  if (plan.hasDirect) return new SqlSessions(sql as Sql);
  return postgres({ ...options, max: 1, onclose, poolsafe: { pooler, allow, onHazard } } as never);
}

function openerOf(given: unknown, poolsafe: PoolsafeOptions | undefined): OpenSql {
  const isClient = typeof given === 'function';
  if (isClient && poolsafe !== undefined) {
    throw configError(
      'PostgresJSDialect was given both a client and `poolsafe`, which only counts when the client is made.',
      'give `poolsafe` to `postgres()`',
    );
  }
  if (isClient && !('reserve' in given)) return async (...options) => guarded(await given(...options));
  const sql = isClient ? guarded(given) : connect(given, poolsafe);
  return async () => sql;
}

function connect(given: unknown, poolsafe: PoolsafeOptions | undefined): Sql {
  const isOptions = typeof given === 'object' && given !== null;
  if (!isOptions && (typeof given !== 'string' || given === '')) throw notGuarded();
  const { url, ...options }: PostgresJSOptions = isOptions ? { ...given } : { url: given as string };
  if (poolsafe !== undefined) options.poolsafe = poolsafe;
  return url === undefined ? postgres(options) : postgres(url, options);
}

function guarded(sql: unknown): GuardedSql {
  if (sql instanceof SqlSessions) return sql;
  if (typeof sql !== 'function' || !('poolsafe' in sql)) throw notGuarded();
  return sql as Sql;
}

function notGuarded(): Error {
  return configError(
    'The `postgres` of PostgresJSDialect is not a client that poolsafe guards.',
    "make it with `postgres()` of '@poolsafe/postgres', or give its URL or options",
  );
}
