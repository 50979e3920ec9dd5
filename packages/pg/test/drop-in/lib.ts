import type pg from 'pg';
import type { Route } from '../database.ts';

/** What the steps use of `pg`, and of its drop-in. */
export type Lib = Pick<typeof pg, 'Pool' | 'Client' | 'Query' | 'defaults'>;

/** The config of a client, or of a pool of one connection. */
export function configOf({ url, poolsafe }: Route): pg.PoolConfig {
  return { connectionString: url, max: 1, ...(poolsafe && { poolsafe }) };
}

export async function withPool<T>(lib: Lib, route: Route, work: (pool: pg.Pool) => Promise<T>): Promise<T> {
  const pool = new lib.Pool(configOf(route));
  try {
    return await work(pool);
  } finally {
    if (!pool.ending) await pool.end();
  }
}

export async function withClient<T>(
  lib: Lib,
  route: Route,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new lib.Client(configOf(route));
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
