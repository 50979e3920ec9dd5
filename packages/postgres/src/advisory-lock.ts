import type { Plan } from '@poolsafe/core';
import {
  type AdvisoryLock,
  advisoryLock,
  checkLockOptions,
  type LockedWork,
  type LockKey,
  type LockOptions,
  underSessionLock,
  untilLost,
  whenLocked,
} from '@poolsafe/core/direct';
import type { Engine } from './engine.ts';
import { Lease } from './lease.ts';
import type { Session } from './session.ts';
import type { SqlFunctions } from './sql.ts';
import { outcomeOf, runCommand, runTransaction } from './transaction.ts';

/** What runs while a lock is held. */
type Work<T> = LockedWork<SqlFunctions, T>;

/** Where the connections for a lock come from. */
interface LockLanes {
  readonly plan: Plan;
  readonly engine: Engine;
  session(work: (session: Session) => Promise<unknown>): Promise<unknown>;
}

type Held = Pick<Session, 'lease' | 'host'>;

/** Runs `work` while nobody else does that has the same key. */
export async function withAdvisoryLock(
  { engine, plan, session }: LockLanes,
  key: LockKey,
  work: Work<unknown>,
  options: LockOptions = {},
): Promise<unknown> {
  const { scope, signal } = checkLockOptions(options, plan);
  const lock = advisoryLock(key);
  const attempt = async <R>(held: Work<Promise<R>>): Promise<R | undefined> => {
    const done =
      scope === 'session'
        ? session((taken) => inSession(taken, lock, held))
        : inTransaction(engine, lock, held);
    return (await done) as R | undefined;
  };
  return await whenLocked<SqlFunctions, unknown>(attempt, (...given) => outcomeOf(work(...given)), signal);
}

/** Through the pooler: those who wait hold no server connection, and the lock ends with the transaction. */
async function inTransaction(
  { pool, rules, host }: Engine,
  lock: AdvisoryLock,
  work: Work<Promise<unknown>>,
): Promise<unknown> {
  const lease = await Lease.take(pool, rules);
  try {
    // A snapshot from before the lock would not show what was done under it.
    return await runTransaction(lease, host, 'isolation level read committed', async (sql: SqlFunctions) => {
      const isLocked = await take({ lease, host }, lock.take.transaction, lock);
      return isLocked ? await whileConnected(lease, (lost) => work(sql, lost)) : undefined;
    });
  } finally {
    lease.release(() => host.command('rollback'));
  }
}

/** On the direct lane. */
async function inSession(
  { sql, lease, host }: Session,
  lock: AdvisoryLock,
  work: Work<Promise<unknown>>,
): Promise<unknown> {
  const sessionLock = {
    take: () => take({ lease, host }, lock.take.session, lock),
    release: () => runCommand(lease, host, lock.release, [lock.parameter]),
  };
  return await underSessionLock(sessionLock, () => whileConnected(lease, (lost) => work(sql, lost)));
}

async function take({ lease, host }: Held, text: string, { parameter }: AdvisoryLock): Promise<boolean> {
  return (await runCommand(lease, host, text, [parameter])).length > 0;
}

function whileConnected<T>(lease: Lease, work: (lost: AbortSignal) => Promise<T>): Promise<T> {
  return untilLost((lose) => lease.watch(lose), work);
}
