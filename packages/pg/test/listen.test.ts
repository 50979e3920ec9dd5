import { AsyncLocalStorage } from 'node:async_hooks';
import { type ChildProcess, fork } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { ConfigError, type ListenGap, Pool, withSettings } from '@poolsafe/pg';
import { startPgBouncer, startPostgres } from '@poolsafe/stack';
import pg from 'pg';
import { afterAll, afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { laneOf, openLanes, ownName, pidsOf } from './lanes.ts';

const database = await openLanes();
afterAll(() => database[Symbol.asyncDispose]());

const gaps: { channels: string[] }[] = [];
const onGapEvent = (event: unknown) => gaps.push(event as (typeof gaps)[number]);
subscribe('poolsafe:listen-gap', onGapEvent);
afterEach(() => void gaps.splice(0));
afterAll(() => unsubscribe('poolsafe:listen-gap', onGapEvent));

const failure = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => Promise.reject(new Error('It did not fail.')),
    (error) => error,
  );

/** Notifies again and again until `heard` has what only a connection that listens can have brought. */
const heardOf = (pool: Pool, channel: string, heard: readonly string[]) =>
  expect.poll(
    async () => {
      const text = `poll ${Math.random()}`;
      await pool.query('select pg_notify($1, $2)', [channel, text]).catch(() => {});
      await new Promise(setImmediate);
      return heard.some((payload) => payload.startsWith('poll'));
    },
    { timeout: 15_000 },
  );

test('one connection for all channels, whatever their names, and each handler of each', async () => {
  const name = ownName();
  await using pool = laneOf(database, { application_name: name });
  const heard: string[] = [];
  const channels = ['plain', 'Mixed "Case"; drop', 'ünïcödé', 'x'.repeat(63)];
  await Promise.all(
    channels.map((channel) =>
      pool.listen(channel, (payload, notification) => heard.push(`${notification.channel}=${payload}`)),
    ),
  );
  await pool.listen('plain', (payload) => heard.push(`other=${payload}`));
  for (const channel of channels) await pool.query('select pg_notify($1, $2)', [channel, 'p']);
  await pool.query('notify plain');
  const expected = [...channels.map((channel) => `${channel}=p`), 'other=p', 'plain=', 'other='];
  await expect.poll(() => heard.toSorted()).toEqual(expected.toSorted());
  // The pool itself is behind the pooler, whose connections have that name as well.
  const listening = await database.admin(
    "select pid from pg_stat_activity where application_name = $1 and query like 'listen %'",
    [name],
  );
  expect(listening).toHaveLength(1);
});

const wrongNames: readonly (readonly [unknown, RegExp])[] = [
  ['', /must not be empty/],
  ['x'.repeat(64), /64 bytes, of which PostgreSQL keeps 63/],
  ['ü'.repeat(32), /64 bytes/],
  ['a\0b', /zero byte/],
  [7, /must be a string/],
];

test.each(wrongNames)('ConfigError | a channel %j', async (channel, says) => {
  await using pool = laneOf(database, { poolsafe: { direct: 'postgres://127.0.0.1:1/shop' } });
  const error = await failure(pool.listen(channel as string, () => {}));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toMatch(says);
});

test('unlisten: one handler, then the channel, then the connection', async () => {
  const name = ownName();
  await using pool = laneOf(database, { application_name: name });
  const listeners = () => pidsOf(database, name);
  const heard: string[] = [];
  const first = await pool.listen('a', (payload) => heard.push(`first ${payload}`));
  const second = await pool.listen('a', (payload) => heard.push(`second ${payload}`));
  const other = await pool.listen('b', (payload) => heard.push(`b ${payload}`));
  await first.unlisten();
  await first.unlisten();
  await database.admin("select pg_notify('a', '1')");
  await expect.poll(() => heard).toEqual(['second 1']);
  await second.unlisten();
  // In the order in which they were sent: by the second, the first would have come.
  await database.admin("select pg_notify('a', '2')");
  await database.admin("select pg_notify('b', '2')");
  await expect.poll(() => heard).toEqual(['second 1', 'b 2']);
  const [pid] = await listeners();
  expect(await database.admin('select query from pg_stat_activity where pid = $1', [pid])).toEqual([
    { query: 'unlisten "a"' },
  ]);
  const again = await pool.listen('a', (payload) => heard.push(`again ${payload}`));
  expect(await listeners()).toEqual([pid]);
  await Promise.all([other.unlisten(), again.unlisten()]);
  await expect.poll(listeners).toEqual([]);
  await pool.listen('a', (payload) => heard.push(`once more ${payload}`));
  await database.admin("select pg_notify('a', '3')");
  await expect.poll(() => heard.at(-1)).toBe('once more 3');
  expect(gaps).toEqual([]);
});

test('a lost connection is made again, and says so once to everybody', async () => {
  const name = ownName();
  await using pool = laneOf(database, { application_name: name });
  const heard: string[] = [];
  const told: [string, ListenGap][] = [];
  const hear = (channel: string) =>
    pool.listen(channel, (payload) => heard.push(payload), { onGap: (gap) => told.push([channel, gap]) });
  const [, , gone] = await Promise.all([hear('a'), hear('b'), hear('gone')]);
  await gone.unlisten();
  const before = new Date();
  await database.admin("select pg_notify('a', 'before')");
  await expect.poll(() => heard).toEqual(['before']);
  const [pid] = await pidsOf(database, name);
  await database.admin('select pg_terminate_backend($1)', [pid]);
  await expect.poll(() => told.map(([channel]) => channel)).toEqual(['a', 'b']);
  await database.admin("select pg_notify('a', 'after')");
  await expect.poll(() => heard).toEqual(['before', 'after']);
  const [[, gap] = []] = told;
  expect(gap?.error).toMatchObject({ code: '57P01' });
  const times = [+before, Number(gap?.since), Number(gap?.until), Date.now()];
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(gaps).toEqual([{ ...gap, channels: ['a', 'b'] }]);
});

test('the server crashes and comes back: one gap, and nobody else notices', async () => {
  await using postgres = await startPostgres();
  await using bouncer = await startPgBouncer(
    { version: 'latest', settings: { server_login_retry: 1 } },
    postgres.address,
  );
  const pool = new Pool({ connectionString: bouncer.url(), poolsafe: { direct: postgres.url() } });
  const heard: string[] = [];
  const told: ListenGap[] = [];
  await pool.listen('news', (payload) => heard.push(payload), { onGap: (gap) => told.push(gap) });
  const victim = new pg.Client(postgres.url());
  victim.on('error', () => {});
  await victim.connect();
  const { rows } = await victim.query('select pg_backend_pid() as pid');
  const ended = new Promise((resolve) => victim.once('end', resolve));
  // PostgreSQL ends everybody and starts anew when a process of its own is killed.
  process.kill(rows[0].pid, 'SIGKILL');
  await ended;
  await heardOf(pool, 'news', heard).toBe(true);
  expect(told).toHaveLength(1);
  expect(gaps).toHaveLength(1);
  await pool.end();
});

test('the server is down: it tries less and less often, a new channel asks at once, and the end ends it', async () => {
  await using postgres = await startPostgres();
  await using server = await startPgBouncer(
    { version: 'latest', settings: { pool_mode: 'session' } },
    postgres.address,
  );
  const attempts: number[] = [];
  const onLost = (event: unknown) => {
    if ((event as { error: { code?: string } }).error.code === 'ECONNREFUSED') attempts.push(Date.now());
  };
  const options = { connectionString: postgres.url(), poolsafe: { direct: server.url() } };
  const pool = new Pool(options);
  const told: ListenGap[] = [];
  const heard: string[] = [];
  const listening = await pool.listen('a', (payload) => heard.push(payload), {
    onGap: (gap) => told.push(gap),
  });
  subscribe('poolsafe:connection-error', onLost);
  await server.kill();
  await expect.poll(() => attempts.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(4);
  // After pauses of 100 to 200, 200 to 400 and 400 to 800 ms; one of 50 to 100 was before the first.
  const pauses = attempts.slice(1, 4).map((time, n) => time - (attempts[n] as number));
  for (const [n, pause] of pauses.entries())
    expect(pause, String(n)).toBeGreaterThanOrEqual(100 * 2 ** n - 5);
  const before = Date.now();
  expect(await failure(pool.listen('b', () => {}))).toMatchObject({ code: 'ECONNREFUSED' });
  expect(Date.now() - before).toBeLessThan(700);
  await server.restart();
  const other = await pool.listen('b', () => {}, { onGap: (gap) => told.push(gap) });
  await heardOf(pool, 'a', heard).toBe(true);
  expect(told).toHaveLength(1);
  expect(gaps).toEqual([{ ...told[0], channels: ['a'] }]);

  await server.kill();
  await expect.poll(() => attempts.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(7);
  await Promise.all([listening.unlisten(), other.unlisten()]);
  expect(await failure(pool.listen('c', () => {}))).toMatchObject({ code: 'ECONNREFUSED' });
  unsubscribe('poolsafe:connection-error', onLost);
  await pool.end();
});

test('pool.end() while it is tried again', async () => {
  await using postgres = await startPostgres();
  const pool = new Pool({ connectionString: postgres.url(), poolsafe: { pooler: 'direct' } });
  await pool.listen('a', () => {});
  const lost = new Promise((resolve) => subscribe('poolsafe:connection-error', resolve));
  await postgres.stop();
  await lost;
  const pending = failure(pool.listen('b', () => {}));
  await pool.end();
  expect(await pending).toBeInstanceOf(Error);
  expect((await failure(pool.listen('b', () => {}))).message).toBe(
    'Cannot use a pool after calling end on the pool',
  );
});

/** Something before the server that passes on nothing any more when told so, and says nothing. */
async function openSilence(to: { readonly host: string; readonly port: number }) {
  let isSilent = false;
  let opened = 0;
  const sockets = new Set<net.Socket>();
  const server = net.createServer((client) => {
    opened += 1;
    const upstream = net.connect(to.port, to.host);
    for (const [from, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => isSilent || other.write(chunk));
      from.on('error', () => other.destroy());
      from.on('close', () => isSilent || other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as net.AddressInfo).port,
    opened: () => opened,
    silence: (silent: boolean) => {
      isSilent = silent;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

test('a connection that is dead without a word is noticed', async () => {
  const { host, port } = new pg.Client(database.direct.url);
  await using between = await openSilence({ host, port });
  const direct = database.direct.url.replace(`:${port}/`, `:${between.port}/`);
  await using pool = laneOf(database, { poolsafe: { direct } });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const told: ListenGap[] = [];
    const heard: string[] = [];
    const hear = (payload: string) => heard.push(payload);
    await pool.listen('news', hear, { onGap: (gap) => told.push(gap) });
    const lives = new Date();
    // Each check is answered before the next.
    for (let n = 0; n < 3; n += 1) {
      vi.advanceTimersByTime(30_000);
      await database.admin("select pg_notify('news', 'x')");
      while (heard.length <= n) await new Promise(setImmediate);
    }
    expect(told).toEqual([]);
    between.silence(true);
    await database.admin("select pg_notify('news', 'lost')");
    vi.advanceTimersByTime(30_000);
    await new Promise(setImmediate);
    vi.advanceTimersByTime(9_999);
    await new Promise(setImmediate);
    between.silence(false);
    vi.advanceTimersByTime(1);
    while (told.length === 0) {
      vi.advanceTimersByTime(10);
      await new Promise(setImmediate);
    }
    expect(told[0]?.error.message).toBe('PostgreSQL has not answered for 10 seconds.');
    expect(Number(told[0]?.since)).toBeGreaterThanOrEqual(+lives);
    await database.admin("select pg_notify('news', 'found')");
    while (heard.at(-1) !== 'found') await new Promise(setImmediate);
    expect(heard).not.toContain('lost');
  } finally {
    vi.useRealTimers();
  }
});

test.each(['unlisten', 'end'] as const)('nothing goes on after %s in a pause', async (how) => {
  const { host, port } = new pg.Client(database.direct.url);
  await using between = await openSilence({ host, port });
  const direct = database.direct.url.replace(`:${port}/`, `:${between.port}/`);
  const name = ownName();
  await using pool = laneOf(database, { application_name: name, poolsafe: { direct } });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const listening = await pool.listen('news', () => {});
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const [pid] = await pidsOf(database, name);
    await database.admin('select pg_terminate_backend($1)', [pid]);
    // The first pause, in which no time passes.
    while (!timers.mock.calls.some(([, pause = 0]) => pause >= 50 && pause <= 100)) {
      await new Promise(setImmediate);
    }
    await (how === 'end' ? pool.end() : listening.unlisten());
    await database.admin('select 1');
    expect([vi.getTimerCount(), between.opened()]).toEqual([0, 1]);
    if (how === 'end') return;
    await pool.listen('news', () => {});
    expect(between.opened()).toBe(2);
  } finally {
    vi.restoreAllMocks();
    vi.useRealTimers();
  }
});

test('what a handler throws is an uncaught exception, and the others are called', async () => {
  await using pool = laneOf(database);
  const heard: string[] = [];
  const thrown = new Error('of the application');
  await pool.listen('a', () => {
    throw thrown;
  });
  await pool.listen('a', (payload) => heard.push(payload));
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const uncaught = once(process, 'uncaughtException');
  await database.admin("select pg_notify('a', '1')");
  expect((await uncaught)[0]).toBe(thrown);
  process.removeAllListeners('uncaughtException');
  for (const listener of listeners) process.on('uncaughtException', listener);
  await expect.poll(() => heard).toEqual(['1']);
});

test('the first connection cannot be made', async () => {
  await using pool = laneOf(database, { poolsafe: { direct: 'postgres://127.0.0.1:1/shop' } });
  const errors = await Promise.all([1, 2].map(() => failure(pool.listen('a', () => {}))));
  expect(errors).toMatchObject([{ code: 'ECONNREFUSED' }, { code: 'ECONNREFUSED' }]);
});

test('a handler runs where its own listen() was called, whoever made the connection', async () => {
  await using pool = laneOf(database);
  const request = new AsyncLocalStorage<number>();
  const seen: unknown[] = [];
  const asked = "select current_setting('app.k', true) as k";
  const hear = async () => seen.push([request.getStore(), (await pool.query(asked)).rows[0].k || null]);
  await withSettings({ 'app.k': 'first' }, () => request.run(1, () => pool.listen('a', hear)));
  await request.run(2, () => pool.listen('a', hear));
  await database.admin("select pg_notify('a', '')");
  await expect
    .poll(() => seen.toSorted())
    .toEqual([
      [1, 'first'],
      [2, null],
    ]);
});

test("listening itself is nobody's request: the settings in force do not count", async () => {
  await using pool = laneOf(database);
  const heard: string[] = [];
  const hear = (payload: string) => heard.push(payload);
  await withSettings({ role: 'there_is_no_such_role' }, () => pool.listen('a', hear));
  await database.admin("select pg_notify('a', '1')");
  await expect.poll(() => heard).toEqual(['1']);
});

test.each(['unlisten', 'end'])('it keeps the process alive, until %s', async (how) => {
  const child = startChild(how);
  const ended = once(child, 'exit');
  expect((await once(child, 'message'))[0]).toBe('listening');
  await database.admin("select pg_notify('a', 'go on')");
  expect(await ended).toEqual([0, null]);
});

function startChild(how: string): ChildProcess {
  const withTypes = process.features.typescript ? [] : ['--import', 'tsx'];
  const task = { url: database.through('latest').url, direct: database.direct.url, how };
  const child = fork(join(import.meta.dirname, 'listen-child.ts'), [JSON.stringify(task)], {
    execArgv: ['--conditions=@poolsafe/source', ...withTypes],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}
