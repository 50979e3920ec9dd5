import type { PoolsafeOptions } from '@poolsafe/core';
import postgres, { type Options as PostgresOptions, type Sql } from '@poolsafe/postgres';
import type { DrizzleConfig } from 'drizzle-orm';
import { drizzle as original, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type postgresjs from 'postgres';
import { guardedDrizzle } from './guarded-drizzle.ts';
import { decidingByItself } from './preparing.ts';

export { type Settings, withSettings } from '@poolsafe/core';
export { type ResolvedUrls, resolveUrls } from '@poolsafe/core/urls';
export * from 'drizzle-orm/postgres-js';

type Schema = Record<string, unknown>;
type Config<TSchema extends Schema> = DrizzleConfig<TSchema> & { poolsafe?: PoolsafeOptions | undefined };
type Connection = { url?: string } & PostgresOptions<Record<string, postgresjs.PostgresType>>;

/** The type of {@link drizzle}: the overloads of drizzle-orm, with `poolsafe` in the config. */
export interface Drizzle {
  <TSchema extends Schema = Record<string, never>, TClient extends postgresjs.Sql = Sql>(
    ...parameters:
      | [TClient | string]
      | [TClient | string, Config<TSchema>]
      | [Config<TSchema> & ({ client: TClient } | { connection: string | Connection })]
  ): PostgresJsDatabase<TSchema> & { $client: postgresjs.Sql extends TClient ? Sql : TClient };
  mock: typeof original.mock;
}

/**
 * Drop-in for `drizzle()` of `drizzle-orm/postgres-js` over a guarded `postgres()` of `@poolsafe/postgres`: safe
 * behind a transaction-mode pooler, `.prepare('name')` included.
 *
 * ```ts
 * import { drizzle } from '@poolsafe/drizzle/postgres-js'
 *
 * const db = drizzle(process.env.DATABASE_URL!, { schema, poolsafe: { pooler: 'pgbouncer' } })
 * ```
 *
 * @throws ConfigError for a `client` that is not one of `@poolsafe/postgres`, and whatever its `postgres()` throws
 */
export const drizzle: Drizzle = Object.assign(
  guardedDrizzle<Sql>({
    original,
    connect,
    isClient: (client): client is Sql => typeof client === 'function',
    handOver: decidingByItself,
    making: "`postgres()` of '@poolsafe/postgres'",
  }),
  { mock: original.mock },
) as Drizzle;

function connect(connection: unknown, poolsafe: PoolsafeOptions | undefined): Sql {
  const { url, ...options } = (
    typeof connection === 'string' ? { url: connection } : { ...(connection as object) }
  ) as Connection;
  if (poolsafe !== undefined) options.poolsafe = poolsafe;
  return url === undefined ? postgres(options) : postgres(url, options);
}
