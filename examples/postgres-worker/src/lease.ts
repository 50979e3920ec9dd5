import type { TransactionSql } from '@poolsafe/postgres';
import { complete, extend, type Job, lease } from './queue.ts';

/** A job that belongs to this worker for as long as it says so. */
export interface Lease {
  /** Aborted when somebody else may have the job. */
  readonly lost: AbortSignal;
  complete(write: (sql: TransactionSql) => Promise<unknown>): Promise<void>;
  end(): void;
}

/** Extends the lease five times in its time, so that it outlives a pooler that restarts. */
export function keepLease(job: Job): Lease {
  const lost = new AbortController();
  const lose = () => lost.abort(new Error('the lease has ended'));
  const time = lease * 1000;
  const pause = time / 5;
  let until = performance.now() + time;
  let extending: Promise<unknown> = Promise.resolve();
  async function again() {
    const now = performance.now();
    if (await extend(job)) until = now + time;
    else lose();
  }
  const timer = setInterval(() => {
    // Where the database does not answer, the lease ends too.
    if (performance.now() + pause > until) return lose();
    extending = again().catch(() => {});
  }, pause);
  const end = () => clearInterval(timer);
  return {
    lost: lost.signal,
    end,
    async complete(write) {
      end();
      await extending;
      lost.signal.throwIfAborted();
      await complete(job, write);
    },
  };
}
