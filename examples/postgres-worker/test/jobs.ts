import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { start, Worker } from './start.ts';

type App = Awaited<ReturnType<typeof start>>;

export async function enqueue({ url }: Worker, tenant: string): Promise<string> {
  const headers = { 'x-tenant': tenant, 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify({ body: 'hello' }) };
  const response = await fetch(new URL('/jobs', url), init);
  assert.equal(response.status, 201);
  return ((await response.json()) as { id: string }).id;
}

export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(20);
}

export const jobsOf = ({ admin, receiver }: App) => ({
  /** Without a word to those who listen. */
  async insert(tenants: readonly string[]): Promise<string[]> {
    const jobs = tenants.map((tenant) => ({ tenant, payload: { body: 'hello' } }));
    const rows = await admin`insert into jobs ${admin(jobs)} returning id`;
    return rows.map(({ id }) => id);
  },
  /** How many are not done yet. */
  async open(): Promise<number> {
    const [row] = await admin`
      select count(*)::int as open from jobs where state in ('waiting', 'running')`;
    return row?.open;
  },
  async allDone(): Promise<void> {
    await until(async () => (await this.open()) === 0);
  },
  async of(id: string) {
    const [job] = await admin`
      select state, attempts, run_at, (select count(*)::int from messages where job = id) as messages
      from jobs where id = ${id}`;
    assert.ok(job);
    return { ...job } as { state: string; attempts: number; run_at: Date; messages: number };
  },
  /** Each done once, in sight of no rows but those of its tenant: it would have counted the others. */
  async assertRight(): Promise<void> {
    const [done] = await admin`
      select count(distinct id)::int as jobs, count(job)::int as messages
      from jobs left join messages on job = id where state = 'done'`;
    assert.equal(done?.messages, done?.jobs);
    const wrong = await admin`
      select * from (select *, row_number() over (partition by tenant order by number) as expected from messages) as m
      where number <> expected or tenant <> (select tenant from jobs where id = m.job)`;
    assert.deepEqual([...wrong], []);
    assert.deepEqual([...receiver.atOnce], []);
  },
});
