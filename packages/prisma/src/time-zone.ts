import { configError } from '@poolsafe/core';
import { Client } from '@poolsafe/pg';
import type pg from 'pg';
import type { Adapter } from './adapter.ts';

type ClientClass = new (config?: pg.ClientConfig) => pg.Client;

/** What is overridden besides documented members: pg has no option for startup parameters that it does not know. */
type ClientInternals = new (
  config?: pg.ClientConfig,
) => pg.Client & { getStartupConf(): Record<string, string> };

/**
 * A subclass of `Base` whose sessions are in UTC. By a startup parameter of its own: every pooler keeps `TimeZone`
 * apart for its clients, and not every one takes it inside `options`.
 */
export function inUtc(Base: ClientClass): ClientClass {
  const InUtc = class extends (Base as ClientInternals) {
    override getStartupConf(): Record<string, string> {
      return { ...super.getStartupConf(), TimeZone: 'UTC' };
    }
  };
  known.add(InUtc);
  return InUtc;
}

const known = new WeakSet<object>();

/** Whether it is known without asking that the sessions of a pool are in UTC. */
export function isInUtc({ options }: pg.Pool): boolean {
  const { Client } = options as pg.PoolConfig;
  return Client !== undefined && known.has(Client);
}

/**
 * The `Client` for a pool of your own that you give to `PrismaPg`: its sessions are in UTC, which the adapter takes
 * for granted. Where `PrismaPg` makes the pool, it does this itself.
 *
 * ```ts
 * import { Pool } from '@poolsafe/pg'
 * import { PrismaPg, UtcClient } from '@poolsafe/prisma'
 *
 * const pool = new Pool({ connectionString: process.env.DATABASE_URL, Client: UtcClient })
 * const adapter = new PrismaPg(pool)
 * ```
 */
export const UtcClient: ClientClass = inUtc(Client);

/** Both days, since the clocks of some places are only half of the year those of UTC. */
const isUtc = `select bool_and(day::timestamptz = (day || 'Z')::timestamptz) as utc
  from unnest(array['2000-01-01 00:00', '2000-07-01 00:00']) as day`;

/**
 * Makes sure that the sessions of `adapter` are in UTC: in another time zone, the adapter writes and reads other
 * times than were meant, without an error. Disposes of the adapter.
 *
 * @throws ConfigError
 */
export async function assertUtc(adapter: Adapter): Promise<void> {
  const { rows } = await adapter
    .queryRaw({ sql: isUtc, args: [], argTypes: [] })
    .finally(() => adapter.dispose());
  if (rows[0]?.[0] === true) return;
  throw configError(
    'The sessions of this pool are not in UTC, and @prisma/adapter-pg would store and read other times than meant.',
    "make the pool with `Client: UtcClient` of '@poolsafe/prisma', or give PrismaPg the URL",
  );
}
