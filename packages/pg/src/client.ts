import type { Plan, Policy, PoolsafeOptions } from '@poolsafe/core';
import pg from 'pg';
import { guardedClient } from './guarded-client.ts';

/** The options of the Client of `pg`, and {@link PoolsafeOptions} under the key `poolsafe`. */
export interface ClientConfig extends pg.ClientConfig {
  poolsafe?: PoolsafeOptions | undefined;
}

declare module 'pg' {
  // biome-ignore lint/suspicious/noExplicitAny: must be declared as in pg.
  interface QueryConfig<I = any[]> {
    /** The policy for this query alone. Only {@link Client} and `Pool` of @poolsafe/pg look at it. */
    poolsafe?: Policy | undefined;
  }
}

/** Instances of {@link Client}. */
export interface Client extends pg.Client {
  /** What poolsafe decided for this connection. */
  readonly poolsafe: Plan;
}

/**
 * Drop-in for the `Client` of [pg](https://node-postgres.com/apis/client), guarded like the clients of
 * {@link Pool}.
 *
 * ```ts
 * import { Client } from '@poolsafe/pg'
 *
 * const client = new Client(process.env.DATABASE_URL)
 * await client.connect()
 * await client.query('select * from notes where id = $1', [1])
 * await client.end()
 * ```
 *
 * @throws ConfigError from the constructor, as {@link Pool}. A refused statement fails in the shape of the
 * call: it rejects, calls back, or goes to the error handler of the cursor or stream.
 */
export const Client: Omit<typeof pg.Client, 'prototype'> & {
  new (config?: string | ClientConfig): Client;
  readonly prototype: Client;
} = guardedClient(pg.Client) as never;
