import postgres, {
  ConfigError,
  type LockKey,
  type LockOptions,
  type LockScope,
  withSettings,
} from '@poolsafe/postgres';
import { afterAll, expect, test } from 'vitest';
import { makeGate, openLanes, ownName, pidsOf, laneOf as poolOf } from '../../pg/test/lanes.ts';
import { failure, laneOf, named } from './lanes.ts';

const database = await openLanes('create table counter (n int)', 'create table note (body text)');
afterAll(() => database[Symbol.asyncDispose]());

const inDatabase = 'database = (select oid from pg_database where datname = current_database())';
const locks = () => database.admin(`select pid from pg_locks where locktype = 'advisory' and ${inDatabase}`);
const scopes: readonly LockScope[] = ['transaction', 'session'];
type Isql = postgres.ISql;

const pairs = scopes.flatMap((ours) => scopes.map((theirs) => [ours, theirs] as const));

test.each(pairs)('postgres.js and pg exclude each other | %s and %s', async (ours, theirs) => {
  await database.admin('truncate counter');
  await database.admin('insert into counter values (0)');
  await using sql = laneOf(database, {}, '1.18');
  await using pool = poolOf(database);
  let inside = 0;
  const alone = async <T>(work: () => Promise<T>) => {
    inside += 1;
    expect(inside).toBe(1);
    await work();
    inside -= 1;
  };
  const times = Array.from({ length: 8 });
  const locked = [
    ...times.map(() =>
      sql.withAdvisoryLock(
        'k',
        (sql: Isql) =>
          alone(async () => {
            const [row] = await sql`select n from counter`;
            await sql`update counter set n = ${row?.n + 1}`;
          }),
        { scope: ours },
      ),
    ),
    ...times.map(() =>
      pool.withAdvisoryLock(
        'k',
        (client) =>
          alone(async () => {
            const { rows } = await client.query('select n from counter');
            await client.query('update counter set n = $1', [rows[0].n + 1]);
          }),
        { scope: theirs },
      ),
    ),
  ];
  const settled = await Promise.allSettled(locked);
  expect(settled.map(({ status }) => status)).toEqual(settled.map(() => 'fulfilled'));
  expect(await database.admin('select n from counter')).toEqual([{ n: 16 }]);
});

test.each(scopes)('gives what the work gives, and lets go | %s', async (scope) => {
  await using sql = laneOf(database);
  expect(await sql.withAdvisoryLock('k', () => Promise.resolve(7), { scope })).toBe(7);
  const list = await sql.withAdvisoryLock(
    'k',
    (sql: Isql) => [sql`insert into note values ('kept')`, sql`select 1 as one`] as const,
    { scope },
  );
  expect(list[1]).toEqual([{ one: 1 }]);
  expect(await locks()).toEqual([]);
  expect(await database.admin('delete from note returning body')).toEqual([{ body: 'kept' }]);
});

test.each(scopes)('what the work throws comes out, and it lets go | %s', async (scope) => {
  await using sql = laneOf(database);
  const thrown = new Error('mine');
  const work = async (sql: Isql) => {
    await sql`insert into note values ('thrown')`;
    throw thrown;
  };
  expect(await failure(sql.withAdvisoryLock('k', work, { scope }))).toBe(thrown);
  const bad = sql.withAdvisoryLock('k', (sql: Isql) => sql`select 1 / 0`, { scope });
  expect(await failure(bad)).toMatchObject({ code: '22012' });
  expect(await locks()).toEqual([]);
  // Only a transaction takes back what was done in it.
  expect(await database.admin('delete from note returning body')).toHaveLength(scope === 'session' ? 1 : 0);
});

test.each([
  ['transaction without `direct`', undefined, false],
  ['session with `direct`', database.direct.url, true],
])('the default scope: %s', async (_, direct, isAlone) => {
  await using sql = laneOf(database, { poolsafe: { direct } });
  const seen = await sql.withAdvisoryLock('k', async (sql) => {
    await sql`insert into note values ('mine')`;
    return await database.admin('select body from note');
  });
  expect(seen).toHaveLength(isAlone ? 1 : 0);
  await database.admin('truncate note');
});

test('the transaction sees what was done under the lock before, whatever the default of the role', async () => {
  await database.admin(`alter role ${database.role} set default_transaction_isolation = 'repeatable read'`);
  await using sql = laneOf(database, {}, '1.18');
  const text = "select current_setting('transaction_isolation') as level";
  const level = await sql.withAdvisoryLock('k', (sql) => sql.unsafe(text), { scope: 'transaction' });
  await database.admin(`alter role ${database.role} reset default_transaction_isolation`);
  expect(level).toEqual([{ level: 'read committed' }]);
});

const keys: readonly (readonly [LockKey, sql: string])[] = [
  ["o'text", "hashtextextended('o''text', 0)"],
  ['', "hashtextextended('', 0)"],
  [-1, '-1'],
  [2n ** 63n - 1n, String(2n ** 63n - 1n)],
];

test.each(keys)('the lock of SQL with the same key is the same | %s', async (key, text) => {
  await using sql = laneOf(database);
  for (const scope of scopes) {
    const free = `select pg_try_advisory_xact_lock((${text})::bigint) as free`;
    expect(await sql.withAdvisoryLock(key, () => database.admin(free), { scope })).toEqual([{ free: false }]);
    expect(await database.admin(free)).toEqual([{ free: true }]);
  }
});

test.each([
  [1.5, {}],
  [undefined, {}],
  ['k', { scope: 'statement' }],
  ['k', { signal: 1000 }],
] as [LockKey, LockOptions][])('ConfigError | key %s, options %j', async (key, options) => {
  const sql = postgres('postgres://127.0.0.1:1/shop');
  const error = await failure(sql.withAdvisoryLock(key, () => {}, options));
  await sql.end();
  expect(error).toBeInstanceOf(ConfigError);
});

test.each(scopes)('whoever waits holds nothing, and gives up when told | %s', async (scope) => {
  await using sql = laneOf(database, { max: 2 });
  const gate = makeGate();
  const held = makeGate();
  const waitForGate = () => {
    held.open();
    return gate.opened;
  };
  const holding = sql.withAdvisoryLock('k', waitForGate, { scope: 'session' });
  await held.opened;
  const aborter = new AbortController();
  const reason = new Error('enough');
  const waiting = Array.from({ length: 12 }, () =>
    failure(sql.withAdvisoryLock('k', () => 'had it', { scope, signal: aborter.signal })),
  );
  // More wait than the pool or the pooler has connections.
  for (let n = 0; n < 5; n += 1) expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
  aborter.abort(reason);
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([reason]));
  expect(await locks()).toHaveLength(1);
  gate.open();
  await holding;
  await expect.poll(locks).toEqual([]);
});

test.each(scopes)(
  'the lock is lost with its connection: at once, and the work is told | %s',
  async (scope) => {
    await using sql = laneOf(database);
    const [told, held] = [makeGate(), makeGate()];
    let signal: AbortSignal | undefined;
    const work = (_: unknown, lost: AbortSignal) => {
      signal = lost;
      lost.addEventListener('abort', told.open);
      held.open();
      // It never ends by itself.
      return new Promise(() => {});
    };
    const holding = failure(sql.withAdvisoryLock('k', work, { scope }));
    await held.opened;
    await database.admin(
      `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and ${inDatabase}`,
    );
    const error = await holding;
    await told.opened;
    expect(signal?.reason).toBe(error);
    expect(error.message).toMatch(/terminat|server conn|server closed/i);
    expect(await sql.withAdvisoryLock('k', () => 'next', { scope })).toBe('next');
  },
);

test.each(scopes)('the work succeeds, and its lock is gone | %s', async (scope) => {
  await using sql = laneOf(database);
  const work = async (sql: Isql) => {
    await sql`select pg_terminate_backend(pg_backend_pid())`.catch(() => {});
    return 'done';
  };
  expect(await failure(sql.withAdvisoryLock('k', work, { scope }))).toBeInstanceOf(Error);
  expect(await locks()).toEqual([]);
});

test('a transaction that cannot be committed any more is no success', async () => {
  await using sql = laneOf(database);
  const work = async (sql: Isql) => {
    await sql`insert into note values ('not kept')`;
    await sql`select 1 / 0`.catch(() => {});
    return 'done';
  };
  expect(await failure(sql.withAdvisoryLock('k', work, { scope: 'transaction' }))).toMatchObject({
    code: '22012',
  });
  expect(await database.admin('select body from note')).toEqual([]);
  expect(await sql.withAdvisoryLock('k', work, { scope: 'session' })).toBe('done');
  const open = async (sql: Isql) => {
    await sql`begin`;
    return await sql`select 1 / 0`.catch(() => 'went on');
  };
  expect(await sql.withAdvisoryLock('k', open, { scope: 'session' })).toBe('went on');
  await database.admin('truncate note');
});

test('sessions for locks are closed', async () => {
  const name = ownName();
  await using sql = laneOf(database, named(name));
  await Promise.all(Array.from({ length: 8 }, () => sql.withAdvisoryLock('k', () => {})));
  await expect.poll(() => pidsOf(database, name)).toEqual([]);
});

test.each(scopes)('settings in force are in force under the lock | %s', async (scope) => {
  await using sql = laneOf(database);
  const seen = await withSettings({ 'app.k': 'v' }, () =>
    sql.withAdvisoryLock('k', (sql: Isql) => sql`select current_setting('app.k', true) as k`, { scope }),
  );
  expect(seen).toEqual([{ k: 'v' }]);
  expect(await locks()).toEqual([]);
});
