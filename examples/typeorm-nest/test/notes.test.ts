import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { start } from './start.ts';

interface Note {
  readonly tenant: string;
  readonly body: string;
}

let app: Awaited<ReturnType<typeof start>>;

before(async () => {
  app = await start();
});

after(async () => {
  app?.process.kill('SIGKILL');
  await app?.stack.stop();
});

function request(tenant: string, init: RequestInit = {}): Promise<Response> {
  const headers = { 'x-tenant': tenant, 'content-type': 'application/json' };
  return fetch(new URL('/notes', app.url), { ...init, headers, signal: AbortSignal.timeout(20_000) });
}

const write = (tenant: string, body: string) =>
  request(tenant, { method: 'POST', body: JSON.stringify({ body }) });

async function read(tenant: string): Promise<Note[]> {
  const response = await request(tenant);
  assert.equal(response.status, 200);
  return (await response.json()) as Note[];
}

test('health', async () => {
  const response = await fetch(new URL('/health', app.url));
  assert.deepEqual([response.status, await response.json()], [200, { status: 'ok' }]);
});

test('without a tenant, or without a body, nothing is done', async () => {
  assert.equal((await fetch(new URL('/notes', app.url))).status, 401);
  assert.equal((await request('t0', { method: 'POST', body: '{}' })).status, 400);
});

test('300 requests of 30 tenants at once: each sees its own rows', async () => {
  const tenants = Array.from({ length: 30 }, (_, number) => `t${number}`);
  const requests = Array.from({ length: 300 }, (_, number) => tenants[number % 30] ?? '');
  await Promise.all(
    requests.map(async (tenant, number) => {
      assert.equal((await write(tenant, `note ${number}`)).status, 201);
      const notes = await read(tenant);
      assert.ok(notes.some(({ body }) => body === `note ${number}`));
      assert.deepEqual(new Set(notes.map((note) => note.tenant)), new Set([tenant]));
    }),
  );
  const all = await Promise.all(tenants.map(read));
  assert.deepEqual(
    all.map(({ length }) => length),
    tenants.map(() => 10),
  );
});

test('the pooler restarts under load: nothing fails but what was in flight', async () => {
  const answers: { readonly from: number; readonly to: number; readonly status: number }[] = [];
  let until = Number.POSITIVE_INFINITY;
  const worker = async (tenant: string) => {
    while (performance.now() < until) {
      const from = performance.now();
      const { status } = await request(tenant);
      answers.push({ from, to: performance.now(), status });
      if (status !== 200) await sleep(50);
    }
  };
  const load = Promise.all(Array.from({ length: 20 }, (_, number) => worker(`t${number}`)));
  await sleep(500);
  const down = performance.now();
  await app.pooler.kill();
  await app.pooler.restart();
  const up = performance.now();
  until = up + 1_000;
  await load;
  const failed = answers.filter(({ status }) => status !== 200);
  assert.deepEqual(
    failed.filter(({ from, to }) => to < down || from > up),
    [],
  );
  assert.ok(answers.some(({ from }) => from > up));
});

test('SIGTERM: the request that has begun is answered, and the process ends', async () => {
  const admin = new Client(app.directUrl);
  await admin.connect();
  await admin.query('begin; lock table notes');
  let isAnswered = false;
  const answer = write('t0', 'the last one').finally(() => {
    isAnswered = true;
  });
  const waiting = "select from pg_locks where relation = 'notes'::regclass and not granted";
  while (!isAnswered && (await admin.query(waiting)).rowCount === 0) await sleep(10);
  const exit = once(app.process, 'exit');
  app.process.kill('SIGTERM');
  await admin.query('commit');
  await admin.end();
  assert.equal((await answer).status, 201);
  assert.deepEqual(await exit, [0, null]);
});
