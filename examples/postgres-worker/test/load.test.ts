import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { enqueue, jobsOf, until } from './jobs.ts';
import { start, type Worker } from './start.ts';

let app: Awaited<ReturnType<typeof start>>;
let jobs: ReturnType<typeof jobsOf>;
let one: Worker;
let two: Worker;
const limit = { timeout: 60_000 };

before(async () => {
  app = await start();
  jobs = jobsOf(app);
  [one, two] = await Promise.all([app.worker(), app.worker()]);
}, limit);

after(() => app.stop());

/** 300 jobs of 30 tenants. */
const tenants = Array.from({ length: 300 }, (_, number) => `t${number % 30}`);

test('health, and nothing without a tenant or a body', limit, async () => {
  assert.equal((await fetch(new URL('/health', one.url))).status, 200);
  assert.equal((await fetch(new URL('/jobs', one.url))).status, 401);
  for (const body of ['{}', 'null', '{']) {
    const init = { method: 'POST', headers: { 'x-tenant': 't0' }, body };
    assert.equal((await fetch(new URL('/jobs', one.url), init)).status, 400);
  }
});

test('300 jobs of 30 tenants, two workers: each is done once, and sees its tenant alone', limit, async () => {
  await Promise.all(tenants.map((tenant, number) => enqueue(number % 2 ? one : two, tenant)));
  await jobs.allDone();
  await jobs.assertRight();
  const [sum] = await app.admin`select count(*)::int as jobs, max(attempts) as attempts from jobs`;
  assert.deepEqual({ ...sum }, { jobs: 300, attempts: 1 });
  assert.deepEqual(new Set(app.receiver.received.values()), new Set([1]));
});

test('a tenant sees its own jobs', limit, async () => {
  const response = await fetch(new URL('/jobs', one.url), { headers: { 'x-tenant': 't1' } });
  const seen = (await response.json()) as { state: string }[];
  assert.deepEqual(
    seen.map(({ state }) => state),
    Array(10).fill('done'),
  );
});

/** Fills the queue, and resolves in the middle of the work. It does not come to its end before `goOn` is called. */
async function load(): Promise<{ goOn(): void }> {
  await jobs.insert(tenants);
  await app.admin.notify('jobs', '');
  await until(async () => (await jobs.open()) < 250);
  return { goOn: app.receiver.hold() };
}

test('the pooler restarts under load: all jobs are done, none twice', limit, async () => {
  const { goOn } = await load();
  await app.pooler.kill();
  assert.ok((await jobs.open()) > 0);
  goOn();
  await app.pooler.restart();
  await jobs.allDone();
  await jobs.assertRight();
});

test('PostgreSQL ends all connections under load: the same', limit, async () => {
  const { goOn } = await load();
  const ended = await app.admin`
    select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`;
  assert.ok(ended.length > 2);
  assert.ok((await jobs.open()) > 0);
  goOn();
  await jobs.allDone();
  await jobs.assertRight();
});
