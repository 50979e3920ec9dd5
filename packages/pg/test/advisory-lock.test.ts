import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConfigError,
  type LockKey,
  type LockOptions,
  type LockScope,
  Pool,
  withSettings,
} from '@poolsafe/pg';
import type pg from 'pg';
import { afterAll, expect, inject, test } from 'vitest';
import { laneOf, makeGate, openLanes, ownName, pidsOf } from './lanes.ts';
import type { LockTask } from './lock-child.ts';

const database = await openLanes('create table counter (n int)', 'create table note (body text)');
afterAll(() => database[Symbol.asyncDispose]());

const failure = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => Promise.reject(new Error('It did not fail.')),
    (error) => error,
  );
const locks = () =>
  database.admin(
    "select 1 from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
  );
const scopes: readonly LockScope[] = ['transaction', 'session'];

function startChild(task: LockTask): ChildProcess {
  const withTypes = process.features.typescript ? [] : ['--import', 'tsx'];
  const file = join(import.meta.dirname, 'lock-child.ts');
  return fork(file, [JSON.stringify(task)], { execArgv: ['--conditions=@poolsafe/source', ...withTypes] });
}

/** Waits until a process says something; what it dies of is on the terminal. */
async function says(child: ChildProcess, what: string): Promise<void> {
  const died = once(child, 'exit').then(([code]) => Promise.reject(new Error(`It ended with ${code}.`)));
  died.catch(() => {});
  expect((await Promise.race([once(child, 'message'), died]))[0]).toBe(what);
}

const together: readonly (readonly [title: string, scopes: readonly LockScope[]])[] = [
  ['two transactions', ['transaction', 'transaction']],
  ['two sessions', ['session', 'session']],
  ['a transaction and a session', ['transaction', 'session']],
];

test.each(together)('processes exclude each other | %s', async (title, given) => {
  await database.admin('truncate counter');
  await database.admin('insert into counter values (0)');
  const times = 10;
  const children = given.map((scope, n) =>
    startChild({
      config: {
        connectionString: database.through(n === 0 ? '1.18' : 'latest').url,
        poolsafe: { direct: database.direct.url },
      },
      options: { scope },
      key: title,
      times,
      file: join(tmpdir(), `poolsafe-lock-${process.pid}-${given.join('-')}`),
    }),
  );
  try {
    await Promise.all(children.map((child) => says(child, 'ready')));
    const done = children.map((child) => says(child, 'done'));
    for (const child of children) child.send('go');
    await Promise.all(done);
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
  expect(await database.admin('select n from counter')).toEqual([{ n: times * given.length }]);
});

test.each(scopes)('gives what the work gives, and lets go | %s', async (scope) => {
  await using pool = laneOf(database);
  expect(await pool.withAdvisoryLock('k', () => Promise.resolve(7), { scope })).toBe(7);
  const inside = await pool.withAdvisoryLock(
    'k',
    async (client) => {
      await client.query("insert into note values ('kept')");
      return (await client.query('select pg_backend_pid() as pid')).rows.length;
    },
    { scope },
  );
  expect(inside).toBe(1);
  expect(await locks()).toEqual([]);
  expect(await database.admin('delete from note returning body')).toEqual([{ body: 'kept' }]);
});

test.each(scopes)('what the work throws comes out, and it lets go | %s', async (scope) => {
  await using pool = laneOf(database);
  const thrown = new Error('mine');
  const work = async (client: pg.Client) => {
    await client.query("insert into note values ('thrown')");
    throw thrown;
  };
  expect(await failure(pool.withAdvisoryLock('k', work, { scope }))).toBe(thrown);
  const bad = pool.withAdvisoryLock('k', (client) => client.query('select 1 / 0'), { scope });
  expect(await failure(bad)).toMatchObject({ code: '22012' });
  expect(await locks()).toEqual([]);
  // Only a transaction takes back what was done in it.
  expect(await database.admin('delete from note returning body')).toHaveLength(scope === 'session' ? 1 : 0);
});

const defaults: readonly (readonly [string, boolean, boolean])[] = [
  ['transaction without `direct`', false, true],
  ['session with `direct`', true, false],
];

test.each(defaults)('the default scope: %s', async (_, hasDirect, isInTransaction) => {
  await using pool = laneOf(database, { poolsafe: hasDirect ? {} : { direct: undefined } });
  const text = 'select now() = statement_timestamp() as alone';
  const alone = await pool.withAdvisoryLock('k', async (client) => {
    await client.query('select pg_sleep(0.01)');
    return (await client.query(text)).rows[0].alone;
  });
  expect(alone).toBe(!isInTransaction);
});

const big = 2n ** 63n - 1n;
const keys: readonly (readonly [LockKey, sql: string])[] = [
  ['text', "hashtextextended('text', 0)"],
  ['', "hashtextextended('', 0)"],
  [42, '42'],
  [-1, '-1'],
  [big, String(big)],
  [-(2n ** 63n), String(-(2n ** 63n))],
];

test.each(keys)('the lock of SQL with the same key is the same | %s', async (key, sql) => {
  await using pool = laneOf(database);
  for (const scope of scopes) {
    const free = `select pg_try_advisory_xact_lock((${sql})::bigint) as free`;
    const seen = await pool.withAdvisoryLock(key, () => database.admin(free), { scope });
    expect(seen).toEqual([{ free: false }]);
    expect(await database.admin(free)).toEqual([{ free: true }]);
  }
});

test.each([1.5, Number.NaN, 2 ** 60, 2n ** 63n, undefined, null, {}] as unknown[])(
  'ConfigError | key %s',
  async (key) => {
    const pool = new Pool({ connectionString: 'postgres://127.0.0.1:1/shop' });
    const error = await failure(pool.withAdvisoryLock(key as LockKey, () => {}));
    await pool.end();
    expect(error).toBeInstanceOf(ConfigError);
  },
);

test.each([{ scope: 'statement' }, { signal: 1000 }] as unknown as LockOptions[])(
  'ConfigError | options %j',
  async (options) => {
    const pool = new Pool({ connectionString: 'postgres://127.0.0.1:1/shop' });
    const error = await failure(pool.withAdvisoryLock('k', () => {}, options));
    await pool.end();
    expect(error).toBeInstanceOf(ConfigError);
  },
);

test.each(scopes)('whoever waits holds nothing, and gives up when told | %s', async (scope) => {
  await using pool = laneOf(database, { max: 2 });
  const gate = makeGate();
  const held = makeGate();
  const holding = pool.withAdvisoryLock(
    'k',
    () => {
      held.open();
      return gate.opened;
    },
    { scope: 'session' },
  );
  await held.opened;
  const aborter = new AbortController();
  const reason = new Error('enough');
  const waiting = Array.from({ length: 12 }, () =>
    failure(pool.withAdvisoryLock('k', () => 'had it', { scope, signal: aborter.signal })),
  );
  // More wait than the pool or the pooler has connections.
  for (let n = 0; n < 5; n += 1) expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  aborter.abort(reason);
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([reason]));
  expect(await locks()).toHaveLength(1);
  const already = pool.withAdvisoryLock('k', () => {}, { scope, signal: aborter.signal });
  expect(await failure(already)).toBe(reason);
  gate.open();
  await holding;
  await expect.poll(locks).toEqual([]);
});

test('gives up while it waits for a connection of the pool', async () => {
  await using pool = laneOf(database, { max: 1 });
  const client = await pool.connect();
  const signal = AbortSignal.timeout(20);
  let ran = false;
  const work = () => {
    ran = true;
  };
  const error = await failure(pool.withAdvisoryLock('k', work, { scope: 'transaction', signal }));
  expect(error).toBe(signal.reason);
  client.release();
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  expect([ran, await locks()]).toEqual([false, []]);
});

test.each(scopes)('a signal does not stop what has begun | %s', async (scope) => {
  await using pool = laneOf(database);
  const aborter = new AbortController();
  const work = () => {
    aborter.abort();
    return new Promise((resolve) => setImmediate(() => resolve('done')));
  };
  expect(await pool.withAdvisoryLock('k', work, { scope, signal: aborter.signal })).toBe('done');
});

test.each(scopes)(
  'the lock is lost with its connection: at once, and the work is told | %s',
  async (scope) => {
    const name = ownName();
    await using pool = laneOf(database, { application_name: name });
    const told = makeGate();
    let signal: AbortSignal | undefined;
    const held = makeGate();
    const holding = failure(
      pool.withAdvisoryLock(
        'k',
        (_, lost) => {
          signal = lost;
          lost.addEventListener('abort', told.open);
          held.open();
          // It never ends by itself.
          return new Promise(() => {});
        },
        { scope },
      ),
    );
    await held.opened;
    await database.admin(
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
    );
    const error = await holding;
    await told.opened;
    expect(signal?.reason).toBe(error);
    expect(error.message).toMatch(/terminat|server conn|server closed/i);
    expect(await pool.withAdvisoryLock('k', () => 'next', { scope })).toBe('next');
  },
);

test.each(scopes)('the work succeeds, and its lock is gone | %s', async (scope) => {
  await using pool = laneOf(database);
  const text = 'select pg_terminate_backend(pg_backend_pid())';
  const work = async (client: pg.Client) => {
    await client.query(text).catch(() => {});
    return 'done';
  };
  expect(await failure(pool.withAdvisoryLock('k', work, { scope }))).toBeInstanceOf(Error);
  expect(await locks()).toEqual([]);
});

test('a transaction that cannot be committed any more is no success', async () => {
  await using pool = laneOf(database);
  const work = async (client: pg.Client) => {
    await client.query("insert into note values ('not kept')");
    await client.query('select 1 / 0').catch(() => {});
    return 'done';
  };
  const error = await failure(pool.withAdvisoryLock('k', work, { scope: 'transaction' }));
  expect(error.message).toMatch(/rolled back/);
  expect(await database.admin('select body from note')).toEqual([]);
  expect(await pool.withAdvisoryLock('k', work, { scope: 'session' })).toBe('done');
  const open = async (client: pg.Client) => {
    await client.query('begin');
    return await client.query('select 1 / 0').catch(() => 'went on');
  };
  expect(await pool.withAdvisoryLock('k', open, { scope: 'session' })).toBe('went on');
  await database.admin('truncate note');
});

test('the transaction sees what was done under the lock before, whatever the default of the role', async () => {
  await database.admin(`alter role ${database.role} set default_transaction_isolation = 'repeatable read'`);
  const [name] = inject('servers').poolers.map((pooler) => pooler.name);
  await using pool = laneOf(database, {}, name);
  const level = await pool.withAdvisoryLock(
    'k',
    async (client) => (await client.query('show transaction_isolation')).rows[0].transaction_isolation,
    { scope: 'transaction' },
  );
  expect(level).toBe('read committed');
  await database.admin(`alter role ${database.role} reset default_transaction_isolation`);
});

test('sessions for locks are closed', async () => {
  const name = ownName();
  await using pool = laneOf(database, { application_name: name });
  await Promise.all(Array.from({ length: 8 }, () => pool.withAdvisoryLock('k', () => {})));
  await expect.poll(() => pidsOf(database, name)).toEqual([]);
});

test.each(scopes)('settings in force are in force under the lock | %s', async (scope) => {
  await using pool = laneOf(database);
  const text = "select current_setting('app.k', true) as k";
  const seen = await withSettings({ 'app.k': 'v' }, () =>
    pool.withAdvisoryLock('k', async (client) => (await client.query(text)).rows[0].k, { scope }),
  );
  expect(seen).toBe('v');
  expect(await locks()).toEqual([]);
});
