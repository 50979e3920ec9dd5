import { configError, type Plan, type PoolsafeOptions } from '@poolsafe/core';
import { Pool, type PoolConfig } from '@poolsafe/pg';
import type { DrizzleConfig } from 'drizzle-orm';
import { type NodePgClient, type NodePgDatabase, drizzle as original } from 'drizzle-orm/node-postgres';

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
 * const db = drizzle(process.env.DATABASE_URL, { schema, poolsafe: { pooler: 'pgbouncer' } })
 * ```
 *
 * @throws ConfigError for a `client` that is not one of `@poolsafe/pg`, and whatever its Pool throws
 */
export const drizzle: Drizzle = Object.assign(guardedDrizzle, { mock: original.mock }) as Drizzle;

type Connection = string | PoolConfig | undefined;
type Options = { client?: unknown; connection?: Connection; poolsafe?: PoolsafeOptions | undefined };

function guardedDrizzle(first: unknown, second?: Options): unknown {
  const { client, connection, poolsafe, ...config } = optionsOf(first, second);
  const guarded =
    client === undefined ? new Pool(poolConfig(connection, poolsafe)) : guardedClient(client, poolsafe);
  // The oldest of drizzle's signatures, which every supported version has.
  return original(guarded as Pool, config);
}

function optionsOf(first: unknown, second: Options | undefined): Options {
  if (typeof first === 'string') return { ...second, connection: first };
  if (typeof first !== 'object' || first === null) {
    throw configError(
      `drizzle() was given ${first === undefined ? 'nothing' : 'something else'} where a URL, a config or a client goes.`,
      'check that the environment variable with the URL is set',
    );
  }
  const isConfig = Object.getPrototypeOf(first) === Object.prototype && !('query' in first);
  return isConfig ? first : { ...second, client: first };
}

function poolConfig(connection: Connection, poolsafe: PoolsafeOptions | undefined): PoolConfig | undefined {
  const config = typeof connection === 'string' ? { connectionString: connection } : connection;
  if (poolsafe === undefined) return config;
  // Descriptors, since pg hides the password of a config that it has used before.
  const copy: PoolConfig = Object.defineProperties({}, Object.getOwnPropertyDescriptors(config ?? {}));
  return Object.assign(copy, { poolsafe });
}

function guardedClient(client: unknown, poolsafe: PoolsafeOptions | undefined): unknown {
  if ((client as { poolsafe?: Plan } | null)?.poolsafe === undefined) {
    throw configError(
      'drizzle() was given a client that poolsafe does not guard.',
      "make the pool with `new Pool()` of '@poolsafe/pg', or give drizzle() the URL",
    );
  }
  if (poolsafe !== undefined) {
    throw configError(
      'drizzle() was given both a client and `poolsafe`, which only counts when the pool is made.',
      'give `poolsafe` to the Pool',
    );
  }
  return client;
}
