import { untilLocked } from './migration-lock.ts';

/**
 * What runs while a lock is held, on the client that holds it. `lost` is aborted, with the error of the connection,
 * when the lock is lost with it: somebody else may have it by then.
 */
export type LockedWork<Client, T> = (client: Client, lost: AbortSignal) => T;

/** Tells `lose` when the connection is lost, until the function it gives is called. */
export type WatchConnection = (lose: (error?: Error) => void) => () => void;

/** What the work gave, which may be nothing. */
interface Done<T> {
  readonly value: T;
}

/** Takes the lock and runs the work under it, or gives `undefined` where somebody else has it. */
export type LockAttempt<Client, T> = (
  work: LockedWork<Client, Promise<Done<T>>>,
) => Promise<Done<T> | undefined>;

/**
 * Attempts until the work was done under the lock. `signal` gives up at once, wherever it waits, unless the work has
 * begun; an attempt that is under way then does not run it.
 *
 * ```ts
 * await whenLocked((held) => sql.begin(async (sql) => ((await take(sql)) ? held(sql, lost) : undefined)), work, signal)
 * ```
 *
 * @throws what the attempt or the work throws, and the reason of the signal
 */
export async function whenLocked<Client, T>(
  attempt: LockAttempt<Client, Awaited<T>>,
  work: LockedWork<Client, T>,
  signal: AbortSignal | undefined,
): Promise<Awaited<T>> {
  let hasBegun = false;
  const held: LockedWork<Client, Promise<Done<Awaited<T>>>> = async (...given) => {
    signal?.throwIfAborted();
    hasBegun = true;
    return { value: await work(...given) };
  };
  const waiting = untilLocked(() => attempt(held), signal);
  const { value } = await unlessAborted(waiting, signal, () => hasBegun);
  return value;
}

/**
 * What `work` gives, or the error of the connection as soon as that is lost: nobody can stop the work, but its lock
 * is gone.
 */
export async function untilLost<T>(
  watch: WatchConnection,
  work: (lost: AbortSignal) => Promise<T>,
): Promise<T> {
  const aborter = new AbortController();
  let stop = () => {};
  const lost = new Promise<never>((_, reject) => {
    stop = watch((error = new Error('Connection terminated unexpectedly')) => {
      aborter.abort(error);
      reject(error);
    });
  });
  try {
    return await Promise.race([lost, work(aborter.signal)]);
  } finally {
    stop();
  }
}

/** The lock of a session. */
export interface SessionLock {
  /** Never waits, and says whether it took it. */
  take(): Promise<boolean>;
  release(): Promise<unknown>;
}

/** Runs `work` under the lock of a session, which ends afterwards, and whatever it still holds with it. */
export async function underSessionLock<T>(
  { take, release }: SessionLock,
  work: () => Promise<T>,
): Promise<T | undefined> {
  if (!(await take())) return undefined;
  const done = await work().catch(async (error) => {
    await release().catch(() => {});
    throw error;
  });
  await release().catch((error) => {
    // The work has left a failed transaction behind, in which nothing runs.
    if (error.code !== '25P02') throw error;
  });
  return done;
}

/** Rejects as soon as the signal aborts, unless the work has begun. What was under way cleans up after itself. */
async function unlessAborted<T>(
  waiting: Promise<T>,
  signal: AbortSignal | undefined,
  hasBegun: () => boolean,
): Promise<T> {
  if (signal === undefined) return waiting;
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => hasBegun() || reject(signal.reason);
    signal.addEventListener('abort', abort);
    stop = () => signal.removeEventListener('abort', abort);
  });
  try {
    return await Promise.race([waiting, aborted]);
  } finally {
    stop();
  }
}
