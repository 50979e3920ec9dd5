import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { enqueue, jobsOf, until } from './jobs.ts';
import { start, type Worker } from './start.ts';

let app: Awaited<ReturnType<typeof start>>;
let jobs: ReturnType<typeof jobsOf>;
let worker: Worker;
const limit = { timeout: 60_000 };

before(async () => {
  app = await start();
  jobs = jobsOf(app);
  worker = await app.worker();
}, limit);

after(() => app.stop());

test('a notification wakes it', limit, async () => {
  for (const tenant of ['t0', 't1', 't2']) {
    const next = app.receiver.next();
    const id = await enqueue(worker, tenant);
    assert.equal(await next, id);
    await jobs.allDone();
  }
});

test('what came while nobody listened is found when it listens again', limit, async () => {
  const [id = ''] = await jobs.insert(['t0']);
  assert.equal((await jobs.of(id)).state, 'waiting');
  const ended = await app.admin`
    select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen "jobs"'`;
  assert.equal(ended.length, 1);
  await jobs.allDone();
});

test('what fails is tried five times, with pauses, and then no more', limit, async () => {
  app.receiver.answer(500);
  const id = await enqueue(worker, 't0');
  await until(async () => (await jobs.of(id)).state === 'failed');
  app.receiver.answer(204);
  const { attempts, messages } = await jobs.of(id);
  assert.deepEqual([attempts, messages, app.receiver.received.get(id)], [5, 0, 5]);
});

test('a job that takes longer than its lease stays with its worker', limit, async () => {
  const other = await app.worker();
  const open = app.receiver.hold();
  const next = app.receiver.next();
  const id = await enqueue(worker, 't0');
  await next;
  const { run_at } = await jobs.of(id);
  await until(async () => Date.now() > run_at.getTime() + 500);
  // Whoever hears of another one looks for both.
  app.receiver.next().then(open);
  await enqueue(other, 't1');
  await jobs.allDone();
  assert.equal((await jobs.of(id)).attempts, 1);
  await jobs.assertRight();
  other.process.kill('SIGKILL');
});

test('SIGKILL in the middle of a job: another worker does it', limit, async () => {
  const open = app.receiver.hold();
  const next = app.receiver.next();
  const id = await enqueue(worker, 't0');
  await next;
  worker.process.kill('SIGKILL');
  const again = app.receiver.next();
  worker = await app.worker();
  assert.equal(await again, id);
  open();
  await jobs.allDone();
  assert.deepEqual([(await jobs.of(id)).attempts, app.receiver.received.get(id)], [2, 2]);
  await jobs.assertRight();
});

test(
  'a worker that was stopped for longer than its lease does not end the job of another',
  limit,
  async () => {
    const open = app.receiver.hold();
    const next = app.receiver.next();
    const id = await enqueue(worker, 't0');
    await next;
    worker.process.kill('SIGSTOP');
    const again = app.receiver.next();
    const other = await app.worker();
    await again;
    // Both have the answer before one of them can go on.
    open();
    await jobs.allDone();
    const exit = once(worker.process, 'exit');
    worker.process.kill('SIGTERM');
    worker.process.kill('SIGCONT');
    assert.deepEqual(await exit, [0, null]);
    const { state, attempts, messages } = await jobs.of(id);
    assert.deepEqual([state, attempts, messages], ['done', 2, 1]);
    app.receiver.atOnce.delete(id);
    worker = other;
  },
);

test('SIGTERM in the middle of jobs: they are finished, and no other is begun', limit, async () => {
  const open = app.receiver.hold();
  const ids: string[] = [];
  // As many as it works on at a time: it is not just about to take another one.
  for (const tenant of ['t0', 't1', 't2', 't3', 't4']) {
    const next = app.receiver.next();
    ids.push(await enqueue(worker, tenant));
    await next;
  }
  const exit = once(worker.process, 'exit');
  worker.process.kill('SIGTERM');
  const health = () => fetch(new URL('/health', worker.url));
  await until(() =>
    health()
      .then(() => false)
      .catch(() => true),
  );
  const [later = ''] = await jobs.insert(['t1']);
  await app.admin.notify('jobs', '');
  open();
  assert.deepEqual(await exit, [0, null]);
  for (const id of ids) assert.equal((await jobs.of(id)).state, 'done');
  assert.equal((await jobs.of(later)).state, 'waiting');
  // It looks when it starts.
  worker = await app.worker();
  await jobs.allDone();
});

test('what nobody was told of is found by looking', limit, async () => {
  worker.process.kill('SIGKILL');
  await app.worker({ POLL_SECONDS: '0.1' });
  for (const tenant of ['t0', 't1', 't2', 't3']) {
    await jobs.insert([tenant]);
    await jobs.allDone();
  }
  await jobs.assertRight();
});
