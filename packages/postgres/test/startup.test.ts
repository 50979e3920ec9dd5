import postgres, { type Options, withSettings } from '@poolsafe/postgres';
import { countFlights } from '@poolsafe/stack';
import bare from 'postgres';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openDatabase, type Route } from '../../pg/test/database.ts';

const database = await openDatabase(inject('servers'), 'create table note (id int primary key, body text)');
afterAll(() => database[Symbol.asyncDispose]());
const routes = database.routes.map((route) => [route.name, route] as const);
const told = [...database.routes, database.told].map((route) => [route.name, route] as const);
const latest = database.through('latest');

function opened({ url, poolsafe }: Route, connection: Record<string, unknown>, options: Options<never> = {}) {
  const all = { ...options, onnotice: () => {}, connection: connection as never };
  const sql = postgres(url, { ...all, poolsafe: { ...poolsafe, ...options.poolsafe } });
  return Object.assign(sql, { [Symbol.asyncDispose]: () => sql.end() });
}

const codeOf = (work: PromiseLike<unknown>) =>
  work.then(
    () => 'fine',
    ({ code, message }) => code ?? message,
  );

type Sql = ReturnType<typeof opened>;

const ways: readonly (readonly [string, (sql: Sql) => PromiseLike<unknown>])[] = [
  ['a query', (sql) => sql`select pg_sleep(3)`],
  ['a query with parameters', (sql) => sql`select pg_sleep(${3})`],
  [
    'a query that repeats',
    async (sql) => {
      for (const seconds of [0, 0, 0, 3]) await sql`select pg_sleep(${seconds})`;
    },
  ],
  ['a text', (sql) => sql.unsafe('select pg_sleep(3)')],
  ['a simple query', (sql) => sql`select pg_sleep(3)`.simple()],
  ['a cursor', (sql) => sql`select pg_sleep(3)`.cursor(5, () => {})],
  ['rows one by one', (sql) => sql`select pg_sleep(3)`.forEach(() => {})],
  ['a statement in a transaction', (sql) => sql.begin((tx) => tx`select pg_sleep(3)`)],
  [
    'the second statement in a transaction',
    (sql) =>
      sql.begin(async (tx) => {
        await tx`select 1`;
        await tx`select pg_sleep(${3})`;
      }),
  ],
  [
    'several statements in a transaction',
    (sql) => sql.begin((tx) => tx.unsafe('select 1; select pg_sleep(3)')),
  ],
  [
    'on a reserved connection',
    async (sql) => {
      const reserved = await sql.reserve();
      try {
        await reserved`select pg_sleep(3)`;
      } finally {
        reserved.release();
      }
    },
  ],
];

describe('statement_timeout', () => {
  test.each(told)('cancels in time whatever it is, and nobody else, %s', async (_, route) => {
    await using sql = opened(route, { statement_timeout: 150 }, { max: 1 });
    await using others = opened(route, {});
    const calm = others`select pg_sleep(0.6)`.execute();
    for (const [title, work] of ways) expect([title, await codeOf(work(sql))]).toEqual([title, '57014']);
    expect(await sql`select current_setting('statement_timeout') as t`).toEqual([{ t: '150ms' }]);
    await calm;
    const seen = await Promise.all(
      Array.from(
        { length: 10 },
        () => others`select current_setting('statement_timeout') as t, pg_sleep(0.02)`,
      ),
    );
    expect(new Set(seen.map(([row]) => row?.t))).toEqual(new Set(['0']));
  });

  test.each(told)('in the URL and in the options, %s', async (_, route) => {
    const url = `${route.url}?statement_timeout=150`;
    await using sql = opened({ ...route, url }, { options: '-c app.name=it\\ is' });
    expect(await codeOf(sql`select pg_sleep(3)`)).toBe('57014');
    expect(await sql`select current_setting('app.name') as name`).toEqual([{ name: 'it is' }]);
  });

  test.each(routes)('costs no round trip, %s', async (_, route) => {
    const url = new URL(route.url);
    await using counter = await countFlights({ host: url.hostname, port: Number(url.port) });
    url.port = String(counter.port);
    const flightsOf = async (connection: Record<string, unknown>) => {
      await using sql = opened({ ...route, url: url.href }, connection, { max: 1 });
      const ask = () => sql`select body from note where id > ${0}`;
      const transaction = () => sql.begin((tx) => tx`select body from note where id > ${0}`);
      for (let n = 0; n < 4; n += 1) await ask();
      await transaction();
      const before = counter.flights;
      await ask();
      const between = counter.flights;
      await transaction();
      return [between - before, counter.flights - between];
    };
    expect(await flightsOf({ statement_timeout: 5000 })).toEqual(await flightsOf({}));
  });
});

test.each(told)('withSettings wins over it, and adds to it, %s', async (_, route) => {
  await using sql = opened(route, { statement_timeout: 150, lock_timeout: 900 });
  const ask = () =>
    sql`select current_setting('statement_timeout') as s, current_setting('lock_timeout') as l`;
  const within = await withSettings({ statement_timeout: '5s' }, () => ask());
  expect([[...within], [...(await ask())]]).toEqual([
    [{ s: '5s', l: '900ms' }],
    [{ s: '150ms', l: '900ms' }],
  ]);
});

test.each(routes)(
  'idle_in_transaction_session_timeout leaves alone what is outside of one, %s',
  async (_, route) => {
    await using sql = opened(route, { idle_in_transaction_session_timeout: 5000 });
    expect(await codeOf(sql`vacuum note`)).toBe('fine');
    const seen = await sql.begin((tx) => tx`show idle_in_transaction_session_timeout`);
    expect(seen).toEqual([{ idle_in_transaction_session_timeout: '5s' }]);
  },
);

test('what cannot be in a transaction with them is refused, and nothing else', async () => {
  await using sql = opened(latest, { statement_timeout: 5000 });
  const codes = [await codeOf(sql`vacuum note`), await codeOf(sql.unsafe('select 1; select 2'))];
  expect(codes).toEqual(['POOLSAFE_SETTINGS', 'POOLSAFE_SETTINGS']);
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
});

test.each(routes)(
  'a value that PostgreSQL refuses fails each statement, and nothing runs, %s',
  async (_, route) => {
    await using sql = opened(route, { options: '-c statement_timeout=soon' }, { max: 1 });
    const codes = [
      await codeOf(sql`insert into note values (${9}, 'nine')`),
      await codeOf(sql.unsafe("insert into note values (9, 'nine')")),
      await codeOf(sql.begin((tx) => tx`insert into note values (${9}, 'nine')`)),
    ];
    expect(codes).toEqual(['22023', '22023', '22023']);
    expect(await database.admin('select * from note')).toEqual([]);
  },
);

test('where nothing refuses them they stay what they were', () => {
  const given = { statement_timeout: 5000, application_name: 'web' };
  const url = 'postgres://app@127.0.0.1:1/shop';
  const { options } = postgres(url, { connection: given, poolsafe: { pooler: 'direct' } });
  expect(options.connection).toEqual(bare(url, { connection: given }).options.connection);
});
