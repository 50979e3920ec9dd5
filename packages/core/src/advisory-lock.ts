import { configError } from './errors.ts';
import type { Plan } from './plan.ts';

/** What an advisory lock is for. A string is hashed to 64 bits by PostgreSQL; a number or bigint is taken as it is. */
export type LockKey = string | number | bigint;

/** How long an advisory lock lives: until its transaction ends, or as long as a session holds it. */
export type LockScope = 'transaction' | 'session';

/** Options of `withAdvisoryLock`. */
export interface LockOptions {
  /**
   * `transaction`: through the pooler, and the work runs in the transaction that holds the lock. `session`: on the
   * direct lane, and the work runs outside of a transaction. Default: `session` where `poolsafe.direct` was given,
   * else `transaction`.
   */
  readonly scope?: LockScope | undefined;
  /** Gives up waiting, with its reason. The work, once it has begun, does not stop. */
  readonly signal?: AbortSignal | undefined;
}

/** The SQL of an advisory lock. `$1` is {@link AdvisoryLock.parameter} everywhere. */
export interface AdvisoryLock {
  readonly parameter: string;
  /** Never waits, and gives a row where it took the lock. Both scopes exclude each other. */
  readonly take: { readonly [Scope in LockScope]: string };
  /** Gives back what a session took. */
  readonly release: string;
}

/**
 * The SQL of the advisory lock with this key.
 *
 * ```ts
 * const { take, parameter } = advisoryLock('reports')
 * const { rowCount } = await client.query(take.transaction, [parameter]) // 1: it is ours until the transaction ends
 * ```
 *
 * @throws ConfigError for a key that is no string, no whole number, or beyond 64 bits
 */
export function advisoryLock(key: LockKey): AdvisoryLock {
  checkKey(key);
  const hashed = typeof key === 'string' ? 'hashtextextended($1, 0)' : '$1::bigint';
  return {
    parameter: String(key),
    take: {
      transaction: `select 1 as locked where pg_try_advisory_xact_lock(${hashed})`,
      session: `select 1 as locked where pg_try_advisory_lock(${hashed})`,
    },
    release: `select pg_advisory_unlock(${hashed})`,
  };
}

/** {@link LockOptions} of which is known which scope they come to. */
export type CheckedLockOptions = LockOptions & { readonly scope: LockScope };

/**
 * Checks the options of `withAdvisoryLock`, and gives them the default of this plan.
 *
 * @throws ConfigError naming the option and what it takes
 */
export function checkLockOptions(
  options: LockOptions,
  { hasDirect }: Pick<Plan, 'hasDirect'>,
): CheckedLockOptions {
  const { scope, signal } = options;
  if (scope !== undefined && scope !== 'transaction' && scope !== 'session') {
    throw configError('`scope` of an advisory lock has no such value.', "'transaction' or 'session'");
  }
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
    throw configError('`signal` of an advisory lock is no AbortSignal.', 'AbortSignal.timeout(10_000)');
  }
  return { signal, scope: scope ?? (hasDirect ? 'session' : 'transaction') };
}

function checkKey(key: unknown): void {
  if (typeof key === 'string' || Number.isSafeInteger(key)) return;
  if (typeof key === 'bigint' && BigInt.asIntN(64, key) === key) return;
  throw configError(
    'The key of an advisory lock is no string, and no whole number of 64 bits.',
    "a name, for example 'reports', or a bigint",
  );
}
