import { AsyncLocalStorage } from 'node:async_hooks';
import { fork } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { join } from 'node:path';
import postgres, { ConfigError, type Sql, withSettings } from '@poolsafe/postgres';
import { startPgBouncer, startPostgres } from '@poolsafe/stack';
import { afterAll, afterEach, expect, test } from 'vitest';
import { openLanes, ownName, pidsOf } from '../../pg/test/lanes.ts';
import { failure, laneOf, named } from './lanes.ts';
import { openProxy } from './proxy.ts';

const database = await openLanes();
afterAll(() => database[Symbol.asyncDispose]());

const gaps: { channels: string[]; error: Error }[] = [];
const lost: (Error & { code?: string })[] = [];
const onGap = (event: unknown) => gaps.push(event as (typeof gaps)[number]);
const onLost = (event: unknown) => lost.push((event as { error: Error }).error);
subscribe('poolsafe:listen-gap', onGap);
subscribe('poolsafe:connection-error', onLost);
afterEach(() => {
  gaps.splice(0);
  lost.splice(0);
});
afterAll(() => {
  unsubscribe('poolsafe:listen-gap', onGap);
  unsubscribe('poolsafe:connection-error', onLost);
});

const notify = (channel: string, payload: string) =>
  database.admin('select pg_notify($1, $2)', [channel, payload]);
const isSorted = (times: readonly number[]) =>
  times.every((time, n) => n === 0 || time >= (times[n - 1] ?? 0));

test('one connection for all channels, whatever their names, and each handler of each', async () => {
  const name = ownName();
  await using sql = laneOf(database, named(name));
  const heard: string[] = [];
  const channels = ['plain', 'Mixed "Case"; drop', 'ünïcödé', 'x'.repeat(63)];
  await Promise.all(channels.map((one) => sql.listen(one, (payload) => heard.push(`${one}=${payload}`))));
  await sql.listen('plain', (payload) => heard.push(`other=${payload}`));
  for (const one of channels) await sql.notify(one, 'p');
  await sql`notify plain`;
  const expected = [...channels.map((one) => `${one}=p`), 'other=p', 'plain=', 'other='];
  await expect.poll(() => heard.toSorted()).toEqual(expected.toSorted());
  const text = "select pid from pg_stat_activity where application_name = $1 and query like 'listen %'";
  expect(await database.admin(text, [name])).toHaveLength(1);
});

test.each(['', 'x'.repeat(64), 'a\0b', 7])('ConfigError | a channel %j', async (channel) => {
  await using sql = laneOf(database, { poolsafe: { direct: 'postgres://127.0.0.1:1/shop' } });
  expect(await failure(sql.listen(channel as string, () => {}))).toBeInstanceOf(ConfigError);
});

test('unlisten: one handler, then the channel, then the connection', async () => {
  const name = ownName();
  await using sql = laneOf(database, named(name));
  const heard: string[] = [];
  const hear = (one: string, channel = 'a') =>
    sql.listen(channel, (payload) => heard.push(`${one} ${payload}`));
  const [first, second, other] = [await hear('first'), await hear('second'), await hear('b', 'b')];
  expect([await first.unlisten(), await first.unlisten()]).toEqual([undefined, undefined]);
  await notify('a', '1');
  await expect.poll(() => heard).toEqual(['second 1']);
  expect(await second.unlisten()).toMatchObject({ command: 'UNLISTEN' });
  // In the order in which they were sent: by the second, the first would have come.
  await notify('a', '2');
  await notify('b', '2');
  await expect.poll(() => heard).toEqual(['second 1', 'b 2']);
  await other.unlisten();
  await expect.poll(() => pidsOf(database, name)).toEqual([]);
  await hear('once more');
  await notify('a', '3');
  await expect.poll(() => heard.at(-1)).toBe('once more 3');
  expect([gaps, lost]).toEqual([[], []]);
});

test('a lost connection is made again: each is told once, and can still be ended', async () => {
  const name = ownName();
  await using sql = laneOf(database, named(name));
  const heard: string[] = [];
  const told: string[] = [];
  const hear = (one: string, channel: string) =>
    sql.listen(
      channel,
      (payload) => heard.push(`${one} ${payload}`),
      () => told.push(one),
    );
  const all = [await hear('a1', 'a'), await hear('a2', 'a'), await hear('b', 'b')];
  expect(told.splice(0)).toEqual(['a1', 'a2', 'b']);
  for (let n = 0; n < 3; n += 1) {
    const before = Date.now();
    await notify('b', 'before');
    await expect.poll(() => heard.splice(0)).toEqual(['b before']);
    const [pid] = await pidsOf(database, name);
    await database.admin('select pg_terminate_backend($1)', [pid]);
    await expect.poll(() => told).toEqual(['a1', 'a2', 'b']);
    await notify('a', 'after');
    await expect.poll(() => heard).toEqual(['a1 after', 'a2 after']);
    const [gap] = gaps.splice(0) as unknown as { since: Date; until: Date }[];
    expect(gap).toMatchObject({ channels: ['a', 'b'], error: { code: '57P01' } });
    expect(isSorted([before, Number(gap?.since), Number(gap?.until), Date.now()])).toBe(true);
    expect(lost.splice(0)).toMatchObject([{ code: '57P01' }]);
    told.splice(0);
    heard.splice(0);
  }
  await all[0]?.unlisten();
  await notify('a', 'last');
  await expect.poll(() => heard).toEqual(['a2 last']);
});

/** Notifies again and again until `heard` has all of these. */
const heardAll = (sql: Sql, channels: readonly string[], heard: ReadonlySet<string>) =>
  expect.poll(
    async () => {
      for (const channel of channels) await sql.notify(channel, '').catch(() => {});
      return channels.every((channel) => heard.has(channel));
    },
    { timeout: 15_000 },
  );

test('the server crashes and comes back: one gap, and nobody else notices', async () => {
  await using server = await startPostgres();
  const sql = postgres(server.url(), { poolsafe: { pooler: 'direct' } });
  const heard = new Set<string>();
  for (const one of ['a', 'b']) await sql.listen(one, () => heard.add(one));
  const [row] = await sql.session((sql) => sql`select pg_backend_pid() as pid`);
  const other = postgres(server.url(), { max: 1 });
  const [victim] = await other`select pg_backend_pid() as pid`;
  expect(row?.pid).not.toBe(victim?.pid);
  // PostgreSQL ends everybody and starts anew when a process of its own is killed.
  process.kill(victim?.pid, 'SIGKILL');
  await expect.poll(() => lost.length).toBeGreaterThan(0);
  await heardAll(sql, ['a', 'b'], heard).toBe(true);
  expect(gaps).toMatchObject([{ channels: ['a', 'b'] }]);
  await Promise.all([sql.end(), other.end()]);
});

test('the server is down for longer than several attempts: all come back, and a new channel asks at once', async () => {
  await using behind = await startPostgres();
  const settings = { pool_mode: 'session' };
  await using server = await startPgBouncer({ version: 'latest', settings }, behind.address);
  const sql = postgres(behind.url(), { poolsafe: { direct: server.url() } });
  const heard = new Set<string>();
  const told: string[] = [];
  const channels = ['a', 'b', 'c'];
  const listening = await Promise.all(
    channels.map((one) =>
      sql.listen(
        one,
        () => heard.add(one),
        () => told.push(one),
      ),
    ),
  );
  const refused = () => lost.filter(({ code }) => code === 'ECONNREFUSED').length;
  await server.kill();
  await expect.poll(refused, { timeout: 10_000 }).toBeGreaterThanOrEqual(4);
  const before = Date.now();
  expect(await failure(sql.listen('late', () => {}))).toMatchObject({ code: 'ECONNREFUSED' });
  expect(Date.now() - before).toBeLessThan(400);
  await server.restart();
  const late = await sql.listen('late', () => heard.add('late'));
  await heardAll(sql, [...channels, 'late'], heard).toBe(true);
  expect(told.toSorted()).toEqual([...channels, ...channels].toSorted());
  expect(gaps).toMatchObject([{ channels }]);

  await server.kill();
  const many = refused() + 3;
  await expect.poll(refused, { timeout: 10_000 }).toBeGreaterThanOrEqual(many);
  await Promise.all([...listening, late].map(({ unlisten }) => unlisten()));
  await sql.end();
});

test('end() while it is tried again', async () => {
  await using server = await startPostgres();
  const sql = postgres(server.url(), { poolsafe: { pooler: 'direct' } });
  await sql.listen('a', () => {});
  await server.stop();
  await expect.poll(() => lost.length).toBeGreaterThan(0);
  const pending = failure(sql.listen('b', () => {}));
  await sql.end();
  expect(await pending).toBeInstanceOf(Error);
});

test('a server that says nothing when it is told to listen is given up', async () => {
  const { hostname, port } = new URL(database.direct.url);
  const proxy = await openProxy({ host: hostname, port: Number(port) });
  const direct = database.direct.url.replace(`:${port}/`, `:${proxy.port}/`);
  const sql = laneOf(database, { poolsafe: { direct } });
  proxy.onServerData = () => null;
  expect(await failure(sql.listen('a', () => {}))).toMatchObject({ code: 'CONNECTION_CLOSED' });
  await sql.end();
  await proxy[Symbol.asyncDispose]();
});

test('what a handler throws is an uncaught exception, and the others are called', async () => {
  await using sql = laneOf(database);
  const heard: string[] = [];
  const thrown = new Error('of the application');
  await sql.listen('a', () => {
    throw thrown;
  });
  await sql.listen('a', (payload) => heard.push(payload));
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const uncaught = once(process, 'uncaughtException');
  await notify('a', '1');
  expect((await uncaught)[0]).toBe(thrown);
  process.removeAllListeners('uncaughtException');
  for (const listener of listeners) process.on('uncaughtException', listener);
  await expect.poll(() => heard[0]).toBe('1');
});

test('the first connection cannot be made', async () => {
  await using sql = laneOf(database, { poolsafe: { direct: 'postgres://127.0.0.1:1/shop' } });
  const errors = await Promise.all([1, 2].map(() => failure(sql.listen('a', () => {}))));
  expect(errors).toMatchObject([{ code: 'ECONNREFUSED' }, { code: 'ECONNREFUSED' }]);
  expect(gaps).toEqual([]);
});

test('a handler runs where its own listen() was called; listening itself is nobody’s request', async () => {
  await using sql = laneOf(database);
  const request = new AsyncLocalStorage<number>();
  const seen: unknown[] = [];
  const hear = async () => {
    const [row] = await sql`select current_setting('app.k', true) as k`;
    seen.push([request.getStore(), row?.k || null]);
  };
  await withSettings({ 'app.k': 'first' }, () => request.run(1, () => sql.listen('a', hear)));
  await request.run(2, () => sql.listen('a', hear));
  await withSettings({ role: 'there_is_no_such_role' }, () => sql.listen('b', () => {}));
  await notify('a', '');
  await expect
    .poll(() => seen.toSorted())
    .toEqual([
      [1, 'first'],
      [2, null],
    ]);
});

test.each(['unlisten', 'end'])('it keeps the process alive, until %s', async (how) => {
  const withTypes = process.features.typescript ? [] : ['--import', 'tsx'];
  const task = { url: database.through('latest').url, direct: database.direct.url, how };
  const child = fork(join(import.meta.dirname, 'listen-child.ts'), [JSON.stringify(task)], {
    execArgv: ['--conditions=@poolsafe/source', ...withTypes],
  });
  const ended = once(child, 'exit');
  expect((await once(child, 'message'))[0]).toBe('listening');
  await notify('a', 'go on');
  expect(await ended).toEqual([0, null]);
});
