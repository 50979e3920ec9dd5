import { withSettings } from '@poolsafe/postgres';
import { settingsOf, sql } from './db.ts';
import { keepLease } from './lease.ts';
import { giveBack, type Job, take, untilDue } from './queue.ts';
import { work } from './work.ts';

/** Jobs that this process works on at a time. */
const concurrency = 5;
/** Seconds after which the table is looked at, whatever was heard. */
const poll = Number(process.env.POLL_SECONDS ?? 30);
const log = (what: string, error: unknown) =>
  console.error(`${what}: ${error instanceof Error ? error.message : error}`);

/** Works until it is told to stop; jobs that have begun are finished then. */
export async function startWorker(): Promise<{ stop(): Promise<void> }> {
  const running = new Set<Promise<void>>();
  let stopped = false;
  let wake = () => {};

  /** Takes what is due. Resolves with the seconds until there may be more. */
  async function look(): Promise<number> {
    while (!stopped && running.size < concurrency) {
      const job = await take();
      // A job whose lease has ended may be locked still: not at once again.
      if (job === undefined) return Math.min(Math.max(await untilDue(), 0.2), poll);
      const ended = run(job).finally(() => {
        running.delete(ended);
        wake();
      });
      running.add(ended);
    }
    return poll;
  }

  async function lookAgainAndAgain(): Promise<void> {
    while (!stopped) {
      // Before it looks: what is heard meanwhile counts.
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const pause = await look().catch((error) => {
        log('jobs', error);
        return Math.min(1, poll);
      });
      const timer = setTimeout(wake, pause * 1000);
      await woken;
      clearTimeout(timer);
    }
  }

  // Called once more whenever the connection was lost and is back: what was sent in between is lost, the table is not.
  const { unlisten } = await sql.listen(
    'jobs',
    () => wake(),
    () => wake(),
  );
  const looking = lookAgainAndAgain();
  return {
    async stop() {
      stopped = true;
      wake();
      await Promise.all([unlisten(), looking]);
      await Promise.all(running);
    },
  };
}

async function run(job: Job): Promise<void> {
  const lease = keepLease(job);
  try {
    await withSettings(settingsOf(job.tenant), () => work(job, lease));
  } catch (error) {
    log(`job ${job.id}, attempt ${job.attempts}`, error);
    // Where this fails as well, the job is taken again when its lease ends.
    await giveBack(job, String(error)).catch((failed) => log(`job ${job.id}`, failed));
  } finally {
    lease.end();
  }
}
