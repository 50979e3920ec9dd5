import { Pool } from '@poolsafe/pg';
import { type Stack, startOdyssey, startStack } from '@poolsafe/stack';
import { table } from './table.ts';

/** What the connections of a pool have found at a target by themselves, without any option. */
export interface Found {
  readonly target: string;
  /** How many connections have looked. */
  readonly connections: number;
  /** How many of them keep named statements. */
  readonly kept: number;
  /** How many of them lead to PostgreSQL itself. */
  readonly direct: number;
}

const connections = 3;

/** Lets a pool look at each pooler. */
export async function benchCapabilities(): Promise<readonly Found[]> {
  await using stack = await startStack();
  const session = { name: 'session', version: 'latest', settings: { pool_mode: 'session' } };
  await stack.startPgBouncer(session);
  const database = await stack.createDatabase();
  await using keeping = await startOdyssey({ preparedStatements: true }, stack.postgres.address);
  await using losing = await startOdyssey({ preparedStatements: false }, stack.postgres.address);
  const found: Found[] = [];
  const targets: readonly (readonly [target: string, url: string])[] = [
    ['direct', stack.postgres.url(database)],
    ...stack.pgbouncers.map((bouncer) => [titleOf(bouncer), bouncer.url(database)] as const),
    [`Odyssey ${keeping.version}, pool_reserve_prepared_statement yes`, keeping.url(database)],
    [`Odyssey ${losing.version}, pool_reserve_prepared_statement no`, losing.url(database)],
  ];
  for (const [target, url] of targets) found.push({ target, ...(await look(url)) });
  return found;
}

function titleOf({ name, version }: Stack['pgbouncers'][number]): string {
  if (name === 'session') return `PgBouncer ${version}, pool_mode=session`;
  return `PgBouncer ${version}${name === '1.24off' ? ', max_prepared_statements=0' : ''}`;
}

async function look(url: string): Promise<Omit<Found, 'target'>> {
  const pool = new Pool({ connectionString: url, max: connections });
  const clients = await Promise.all(Array.from({ length: connections }, () => pool.connect()));
  for (const client of clients) {
    // What a connection does to look is behind the first of them, and before the second.
    await client.query('select 1');
    await client.query('select 1');
  }
  const { ...found } = pool.capabilities();
  for (const client of clients) client.release();
  await pool.end();
  return found;
}

export function showCapabilities(found: readonly Found[]): string {
  const rows = found.map(({ target, connections, kept, direct }) => {
    const names = kept === connections ? 'named' : 'never named';
    return [target, String(connections), String(kept), String(direct), names];
  });
  return table(['Target', 'connections', 'kept', 'direct', 'what repeats is'], rows);
}
