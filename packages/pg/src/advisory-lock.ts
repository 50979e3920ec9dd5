import {
  type AdvisoryLock,
  advisoryLock,
  checkLockOptions,
  type LockKey,
  type LockOptions,
  untilLocked,
} from '@poolsafe/core';
import type pg from 'pg';
import type { Client } from './client.ts';

/**
 * What runs while a lock is held, on the client that holds it. `lost` is aborted, with the error of the connection,
 * when the lock is lost with it: somebody else may have it by then.
 */
export type LockedWork<T> = (client: Client, lost: AbortSignal) => T;

/** Where the connections for a lock come from. */
export interface LockLanes {
  connect(): Promise<pg.PoolClient>;
  session<T>(work: (client: Client) => T): Promise<Awaited<T>>;
}

interface Done<T> {
  readonly value: T;
}

/** Runs `work` while nobody else does that has the same key. */
export async function withAdvisoryLock<T>(
  lanes: LockLanes,
  key: LockKey,
  work: LockedWork<T>,
  options: LockOptions,
): Promise<Awaited<T>> {
  const { scope, signal } = checkLockOptions(options);
  const lock = advisoryLock(key);
  let isHeld = false;
  const held: LockedWork<Promise<Done<Awaited<T>>>> = async (...given) => {
    // Whoever has given up waiting does not want it any more.
    signal?.throwIfAborted();
    isHeld = true;
    return { value: await work(...given) };
  };
  const attempt =
    scope === 'session'
      ? () => lanes.session((client) => inSession(client, lock, held))
      : () => inTransaction(lanes, lock, held);
  const { value } = await unlessAborted(untilLocked(attempt, signal), signal, () => isHeld);
  return value;
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
    const done = isLocked ? await untilLost(client, work) : undefined;
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

/** On the direct lane. The session ends afterwards, and whatever it still holds with it. */
async function inSession<T>(
  client: Client,
  lock: AdvisoryLock,
  work: LockedWork<Promise<T>>,
): Promise<T | undefined> {
  if (!(await take(client, lock.take.session, lock))) return undefined;
  const release = () => client.query(lock.release, [lock.parameter]);
  const done = await untilLost(client, work).catch(async (error) => {
    await release().catch(() => {});
    throw error;
  });
  await release().catch((error) => {
    // The work has left a failed transaction behind, in which nothing runs.
    if (error.code !== '25P02') throw error;
  });
  return done;
}

async function take(client: Client, text: string, { parameter }: AdvisoryLock): Promise<boolean> {
  return (await client.query(text, [parameter])).rows.length > 0;
}

/** What `work` gives, or the error of the connection as soon as that is lost. */
async function untilLost<T>(client: Client, work: LockedWork<Promise<T>>): Promise<T> {
  const aborter = new AbortController();
  let stop = () => {};
  const lost = new Promise<never>((_, reject) => {
    const lose = (error = new Error('Connection terminated unexpectedly')) => {
      aborter.abort(error);
      reject(error);
    };
    const end = () => lose();
    client.on('error', lose).on('end', end);
    stop = () => client.off('error', lose).off('end', end);
  });
  try {
    return await Promise.race([lost, work(client, aborter.signal)]);
  } finally {
    stop();
  }
}

/** Rejects as soon as the signal aborts, unless the lock is held. What was under way cleans up after itself. */
async function unlessAborted<T>(
  waiting: Promise<T>,
  signal: AbortSignal | undefined,
  isHeld: () => boolean,
): Promise<T> {
  if (signal === undefined) return waiting;
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => isHeld() || reject(signal.reason);
    signal.addEventListener('abort', abort);
    stop = () => signal.removeEventListener('abort', abort);
  });
  try {
    return await Promise.race([waiting, aborted]);
  } finally {
    stop();
  }
}
