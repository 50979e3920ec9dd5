import type { Plan } from '@poolsafe/core';
import {
  type AdvisoryLock,
  advisoryLock,
  checkLockOptions,
  type LockedWork as LockedWorkOn,
  type LockKey,
  type LockOptions,
  underSessionLock,
  untilLost,
  whenLocked,
} from '@poolsafe/core/direct';
import type pg from 'pg';
import type { Client } from './client.ts';

/**
 * What runs while a lock is held, on the client that holds it. `lost` is aborted, with the error of the connection,
 * when the lock is lost with it: somebody else may have it by then.
 */
export type LockedWork<T> = LockedWorkOn<Client, T>;

/** Where the connections for a lock come from. */
interface LockLanes {
  readonly plan: Plan;
  connect(): Promise<pg.PoolClient>;
  session<T>(work: (client: Client) => T): Promise<Awaited<T>>;
}

/** Runs `work` while nobody else does that has the same key. */
export async function withAdvisoryLock<T>(
  lanes: LockLanes,
  key: LockKey,
  work: LockedWork<T>,
  options: LockOptions = {},
): Promise<Awaited<T>> {
  const { scope, signal } = checkLockOptions(options, lanes.plan);
  const lock = advisoryLock(key);
  const attempt = <R>(held: LockedWork<Promise<R>>): Promise<R | undefined> =>
    scope === 'session'
      ? lanes.session((client) => inSession(client, lock, held))
      : inTransaction(lanes, lock, held);
  return await whenLocked(attempt, work, signal);
}

/** Through the pooler: those who wait hold no server connection, and the lock ends with the transaction. */
async function inTransaction<T>(
  lanes: LockLanes,
  lock: AdvisoryLock,
  work: LockedWork<Promise<T>>,
): Promise<T | undefined> {
  const client = (await lanes.connect()) as pg.PoolClient & Client;
  let broken: unknown;
  try {
    // A snapshot from before the lock would not show what was done under it.
    await client.query('begin isolation level read committed');
    const isLocked = await take(client, lock.take.transaction, lock);
    const done = isLocked ? await whileConnected(client, work) : undefined;
    await end(client, isLocked);
    return done;
  } catch (error) {
    broken = await client.query('rollback').then(
      () => undefined,
      (failed: unknown) => failed,
    );
    throw error;
  } finally {
    client.release(broken !== undefined);
  }
}

async function end(client: Client, isLocked: boolean): Promise<void> {
  const { command } = await client.query(isLocked ? 'commit' : 'rollback');
  if (isLocked && command === 'ROLLBACK') {
    throw new Error(
      'The transaction that held the advisory lock was rolled back: a statement in it had failed before.',
    );
  }
}

/** On the direct lane. */
async function inSession<T>(
  client: Client,
  lock: AdvisoryLock,
  work: LockedWork<Promise<T>>,
): Promise<T | undefined> {
  const sessionLock = {
    take: () => take(client, lock.take.session, lock),
    release: () => client.query(lock.release, [lock.parameter]),
  };
  return await underSessionLock(sessionLock, () => whileConnected(client, work));
}

async function take(client: Client, text: string, { parameter }: AdvisoryLock): Promise<boolean> {
  return (await client.query(text, [parameter])).rows.length > 0;
}

function whileConnected<T>(client: Client, work: LockedWork<Promise<T>>): Promise<T> {
  return untilLost(
    (lose) => {
      const end = () => lose();
      client.on('error', lose).on('end', end);
      return () => client.off('error', lose).off('end', end);
    },
    (lost) => work(client, lost),
  );
}
