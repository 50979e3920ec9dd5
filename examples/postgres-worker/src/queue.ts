import type { TransactionSql } from '@poolsafe/postgres';
import { sql } from './db.ts';

export interface Job {
  readonly id: string;
  readonly tenant: string;
  readonly payload: { readonly body: string };
  readonly attempts: number;
}

const seconds = (name: string, byDefault: number) => Number(process.env[name] ?? byDefault);

/** For how long a job belongs to a worker that says nothing more. */
export const lease = seconds('LEASE_SECONDS', 30);
const firstPause = seconds('RETRY_SECONDS', 1);
const longestPause = 3600;
const mostAttempts = 5;

/** The job stands in the table, and those who listen hear of it, when the transaction is committed, or neither. */
export async function enqueue(payload: Job['payload']): Promise<string> {
  return await sql.begin(async (sql) => {
    const [job] = await sql<{ id: string }[]>`
      insert into jobs (payload) values (${sql.json(payload)}) returning id`;
    await sql.notify('jobs', '');
    return job!.id;
  });
}

/** Takes the job that has been due for longest. No lock is kept: until its lease ends, nobody else takes it. */
export async function take(): Promise<Job | undefined> {
  const [job] = await sql<Job[]>`
    update jobs
    set state = 'running', attempts = attempts + 1, run_at = now() + make_interval(secs => ${lease})
    where id = (
      select id from jobs
      where state in ('waiting', 'running') and run_at <= now()
      order by run_at limit 1
      for update skip locked
    )
    returning id, tenant, payload, attempts`;
  if (job === undefined || job.attempts <= mostAttempts) return job;
  // The worker that made the last attempt was killed.
  await giveBack(job, 'no attempt was finished');
  return await take();
}

/** Seconds until the next job is due, or the next lease ends. */
export async function untilDue(): Promise<number> {
  const [next] = await sql<{ seconds: number | null }[]>`
    select extract(epoch from min(run_at) - now())::float8 as seconds
    from jobs where state in ('waiting', 'running')`;
  return next?.seconds ?? Number.POSITIVE_INFINITY;
}

/** Whether the job still belongs to this attempt, which has it for another lease then. */
export async function extend({ id, attempts }: Job): Promise<boolean> {
  const { count } = await sql`
    update jobs set run_at = now() + make_interval(secs => ${lease})
    where id = ${id} and attempts = ${attempts} and state = 'running'`;
  return count === 1;
}

/** What is written here is written once: together with the end of the job, or not at all. */
export async function complete(
  { id, attempts }: Job,
  write: (sql: TransactionSql) => Promise<unknown>,
): Promise<void> {
  await sql.begin(async (sql) => {
    // From here on the row is locked: nobody takes the job, even if its lease ends.
    const { count } = await sql`
      update jobs set state = 'done', error = null
      where id = ${id} and attempts = ${attempts} and state = 'running'`;
    if (count === 0) throw new Error('another worker has it');
    await write(sql);
  });
}

/** For another attempt later, or for none any more. */
export async function giveBack({ id, attempts }: Job, error: string): Promise<void> {
  const pause = Math.min(firstPause * 2 ** (attempts - 1), longestPause);
  const state = attempts < mostAttempts ? 'waiting' : 'failed';
  await sql`
    update jobs set state = ${state}, run_at = now() + make_interval(secs => ${pause}), error = ${error}
    where id = ${id} and attempts = ${attempts} and state = 'running'`;
}
