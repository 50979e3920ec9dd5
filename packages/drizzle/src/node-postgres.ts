import type { PoolsafeOptions } from '@poolsafe/core';
import { Pool, type PoolConfig } from '@poolsafe/pg';
import type { DrizzleConfig } from 'drizzle-orm';
import { type NodePgClient, type NodePgDatabase, drizzle as original } from 'drizzle-orm/node-postgres';
import { guardedDrizzle } from './guarded-drizzle.ts';

export { type Settings, withSettings } from '@poolsafe/core';
export { type ResolvedUrls, resolveUrls } from '@poolsafe/core/urls';
export * from 'drizzle-orm/node-postgres';

type Schema = Record<string, unknown>;
type Config<TSchema extends Schema> = DrizzleConfig<TSchema> & { poolsafe?: PoolsafeOptions | undefined };

/** The type of {@link drizzle}: the overloads of drizzle-orm, with `poolsafe` in the config. */
export interface Drizzle {
  <TSchema extends Schema = Record<string, never>, TClient extends NodePgClient = Pool>(
    ...parameters:
      | [TClient | string]
      | [TClient | string, Config<TSchema>]
      | [Config<TSchema> & ({ client: TClient } | { connection: string | PoolConfig })]
  ): NodePgDatabase<TSchema> & { $client: NodePgClient extends TClient ? Pool : TClient };
  mock: typeof original.mock;
}

/**
 * Drop-in for `drizzle()` of `drizzle-orm/node-postgres` over a guarded pool of `@poolsafe/pg`: safe behind a
 * transaction-mode pooler, `.prepare('name')` included.
 *
 * ```ts
 * import { drizzle } from '@poolsafe/drizzle/node-postgres'
 *
 * const db = drizzle(process.env.DATABASE_URL!, { schema, poolsafe: { pooler: 'pgbouncer' } })
 * ```
 *
 * @throws ConfigError for a `client` that is not one of `@poolsafe/pg`, and whatever its Pool throws
 */
export const drizzle: Drizzle = Object.assign(
  guardedDrizzle<Pool>({
    original,
    connect,
    isClient: (client): client is Pool => typeof client === 'object' && client !== null && 'query' in client,
    making: "`new Pool()` of '@poolsafe/pg'",
  }),
  { mock: original.mock },
) as Drizzle;

function connect(connection: unknown, poolsafe: PoolsafeOptions | undefined): Pool {
  const config = typeof connection === 'string' ? { connectionString: connection } : connection;
  if (poolsafe === undefined) return new Pool(config as PoolConfig | undefined);
  // Descriptors, since pg hides the password of a config that it has used before.
  const copy: PoolConfig = Object.defineProperties({}, Object.getOwnPropertyDescriptors(config ?? {}));
  return new Pool(Object.assign(copy, { poolsafe }));
}
