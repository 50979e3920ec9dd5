import { setTimeout as sleep } from 'node:timers/promises';
import { growing, type Pauses } from './pauses.ts';

/**
 * Takes the lock of a migration table until the transaction ends, and says in `locked` whether it did. `$1` is
 * {@link migrationLockKey}. Transaction-scoped, so that no pooler can strand it, and never waiting, so that
 * deployments that wait hold no server connection.
 *
 * A transaction that only holds the lock must hold no snapshot, or `CREATE INDEX CONCURRENTLY` waits for it: begin
 * it as `read committed`, and send another statement after this one, since a statement with a parameter keeps its
 * snapshot until the next.
 */
export const migrationLockSql = 'select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as locked';

/** What the deployments that share a migration table agree on. */
export function migrationLockKey(table: string): string {
  return `poolsafe:migrations:${table}`;
}

/** Between two attempts. */
const pauses: Pauses = { first: 50, longest: 1000 };

/**
 * Attempts again, after pauses that grow from 50 ms to 1 s, until `attempt` gives something. There is no time
 * limit, since whoever has the lock may work for hours, and its lock ends with its connection; `signal` gives up.
 *
 * ```ts
 * const done = await untilLocked(() => db.transaction(async (tx) => (await lock(tx)) ? migrate(tx) : undefined))
 * ```
 *
 * @throws what `attempt` throws, and the reason of the signal
 */
export async function untilLocked<T extends object>(
  attempt: () => Promise<T | undefined>,
  signal?: AbortSignal,
): Promise<T> {
  const coming = growing(pauses);
  for (;;) {
    signal?.throwIfAborted();
    const done = await attempt();
    if (done !== undefined) return done;
    await sleep(coming.next().value, undefined, { ...(signal && { signal }) }).catch(() => {});
  }
}
