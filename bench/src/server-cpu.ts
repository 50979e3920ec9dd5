import { readdirSync, readFileSync } from 'node:fs';
import type { Stack } from '@poolsafe/stack';
import type pg from 'pg';

/** CPU time so far in microseconds, by process. */
type Clock = ReadonlyMap<number, number>;

/** What the servers have used at a moment. */
export interface ServerTimes {
  readonly backends: Clock;
  readonly pooler: number;
}

/** Where Linux tells what a process has used, to the nanosecond. */
const isKnown = process.platform === 'linux' && timeOf(process.pid) !== undefined;

/**
 * Looks at the processes of PostgreSQL that serve a database, and at a pooler. Gives nothing where the system does
 * not tell.
 */
export async function serverTimes(
  admin: pg.Client,
  database: string,
  pooler: number | undefined,
): Promise<ServerTimes | undefined> {
  if (!isKnown) return undefined;
  const text = "select pid from pg_stat_activity where datname = $1 and backend_type = 'client backend'";
  const { rows } = await admin.query<{ pid: number }>(text, [database]);
  const backends = new Map<number, number>();
  for (const { pid } of rows) {
    const time = timeOf(pid);
    if (time !== undefined) backends.set(pid, time);
  }
  return { backends, pooler: pooler === undefined ? 0 : (timeOf(pooler) ?? 0) };
}

/** What was used between two moments. What a backend used that has come since counts; one that has gone is lost. */
export function usedBetween(
  before: ServerTimes,
  after: ServerTimes,
): { readonly backends: number; readonly pooler: number; readonly gone: number } {
  let backends = 0;
  for (const [pid, time] of after.backends) backends += time - (before.backends.get(pid) ?? 0);
  const gone = [...before.backends.keys()].filter((pid) => !after.backends.has(pid)).length;
  return { backends, pooler: after.pooler - before.pooler, gone };
}

/** The process of a PgBouncer that this process has started. */
export function processOf({ address }: ReturnType<Stack['pgbouncer']>): number | undefined {
  if (!isKnown) return undefined;
  const found = readdirSync('/proc').find((entry) => {
    if (!/^\d+$/.test(entry) || !read(`/proc/${entry}/cmdline`).includes('pgbouncer.ini')) return false;
    return read(`/proc/${entry}/cwd/pgbouncer.ini`).includes(`\nlisten_port = ${address.port}\n`);
  });
  if (found === undefined)
    throw new Error(`The process of the PgBouncer at port ${address.port} is not found.`);
  return Number(found);
}

function timeOf(pid: number): number | undefined {
  const nanoseconds = Number.parseInt(read(`/proc/${pid}/schedstat`), 10);
  return Number.isNaN(nanoseconds) ? undefined : nanoseconds / 1000;
}

/** Empty for what is not there, or not any more. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
