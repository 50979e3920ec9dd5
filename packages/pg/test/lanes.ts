import { randomUUID } from 'node:crypto';
import { Pool, type PoolConfig } from '@poolsafe/pg';
import { inject } from 'vitest';
import { type Database, openDatabase } from './database.ts';

/** A pool through a pooler that knows its way around it, and ends with the scope. */
export function laneOf(
  database: Database,
  { poolsafe, ...config }: PoolConfig = {},
  pooler = 'latest',
): Pool & AsyncDisposable {
  const pool = new Pool({
    connectionString: database.through(pooler).url,
    ...config,
    poolsafe: { direct: database.direct.url, ...poolsafe },
  });
  return Object.assign(pool, {
    [Symbol.asyncDispose]: async () => {
      if (!pool.ending) await pool.end();
    },
  });
}

/** A name that the connections of one test have, so that they can be told from those of a pooler. */
export const ownName = (): string => `lane-${randomUUID()}`;

/** Something to wait for until the test opens it. */
export function makeGate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** The server processes of those who have this name. */
export async function pidsOf(database: Database, name: string): Promise<number[]> {
  const rows = await database.admin(
    "select pid from pg_stat_activity where application_name = $1 and usename = $2 and backend_type = 'client backend'",
    [name, database.role],
  );
  return rows.map(({ pid }) => pid);
}

export const openLanes = (...setup: string[]): Promise<Database> => openDatabase(inject('servers'), ...setup);
