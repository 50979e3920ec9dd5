import { Client, Pool, type PoolConfig, withSettings } from '@poolsafe/pg';
import { countFlights } from '@poolsafe/stack';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openDatabase, type Route } from './database.ts';

const database = await openDatabase(inject('servers'), 'create table note (id int primary key, body text)');
afterAll(() => database[Symbol.asyncDispose]());
const routes = database.routes.map((route) => [route.name, route] as const);
const told = [...database.routes, database.told].map((route) => [route.name, route] as const);
const latest = database.through('latest');

function opened({ url, poolsafe }: Route, options: PoolConfig) {
  const pool = new Pool({
    connectionString: url,
    ...options,
    poolsafe: { ...poolsafe, ...options.poolsafe },
  });
  return Object.assign(pool, { [Symbol.asyncDispose]: () => pool.end() });
}

/** A pool without any of that, on the same server connections. */
const other = (route: Route) => opened(route, {});

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'fine',
    ({ code, message }) => code ?? message,
  );

type Work = (client: pg.PoolClient) => Promise<unknown>;

async function withClient<T>(pool: Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

/** Rows from a stream, to its end. */
async function streamed(client: pg.PoolClient, text: string): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const row of client.query(new QueryStream(text))) rows.push(row);
  return rows;
}

const asked = (client: pg.PoolClient, text: string, values?: unknown[]) =>
  new Promise((resolve, reject) => {
    const done = (error: Error | null, result: pg.QueryResult) =>
      error ? reject(error) : resolve(result.rows);
    client.query(new pg.Query({ text, values } as pg.QueryConfig, done as never));
  });

const slow = 'select pg_sleep(3) as slept';
const ways: readonly (readonly [string, Work])[] = [
  ['a query', (client) => client.query(slow)],
  ['a query with parameters', (client) => client.query('select pg_sleep($1)', [3])],
  ['a named query', (client) => client.query({ name: 'slow', text: 'select pg_sleep($1)', values: [3] })],
  [
    'a query that repeats',
    async (client) => {
      for (let n = 0; n < 3; n += 1) await client.query('select pg_sleep($1)', [0]);
      return client.query('select pg_sleep($1)', [3]);
    },
  ],
  ['a cursor', (client) => client.query(new Cursor(slow)).read(1)],
  ['a stream', (client) => streamed(client, slow)],
  ['a Query', (client) => asked(client, slow)],
  ['a Query with parameters', (client) => asked(client, 'select pg_sleep($1)', [3])],
  [
    'a statement in a transaction',
    async (client) => {
      await client.query('begin');
      return client.query(slow);
    },
  ],
  [
    'the second statement in a transaction',
    async (client) => {
      await client.query('begin');
      await client.query('select 1');
      return client.query(slow);
    },
  ],
  [
    'several statements in a transaction',
    async (client) => {
      await client.query('begin');
      return client.query(`select 1; ${slow}`);
    },
  ],
  [
    'a cursor in a transaction',
    async (client) => {
      await client.query('begin');
      return client.query(new Cursor(slow)).read(1);
    },
  ],
];

describe('statement_timeout', () => {
  test.each(told)('cancels in time whatever it is, and nobody else, %s', async (_, route) => {
    await using pool = opened(route, { statement_timeout: 150, max: 1 });
    await using others = other(route);
    const calm = others.query('select pg_sleep(0.6)');
    for (const [title, work] of ways) {
      const code = await withClient(pool, async (client) => {
        const failed = await codeOf(work(client));
        await client.query('rollback');
        return failed;
      });
      expect([title, code]).toEqual([title, '57014']);
      expect((await pool.query("select current_setting('statement_timeout') as t")).rows).toEqual([
        { t: '150ms' },
      ]);
    }
    await calm;
    const seen = await Promise.all(
      Array.from({ length: 10 }, () =>
        others.query("select current_setting('statement_timeout') as t, pg_sleep(0.02)"),
      ),
    );
    expect(new Set(seen.map(({ rows }) => rows[0].t))).toEqual(new Set(['0']));
  });

  test.each(told)('in the options, with deferBegin: false, for a client, %s', async (_, route) => {
    const { url, poolsafe } = route;
    const options = '-c statement_timeout=150 -c app.name=it\\ is';
    const config = { connectionString: url, options, poolsafe: { ...poolsafe, deferBegin: false } };
    const client = new Client(config);
    await client.connect();
    const alone = await codeOf(client.query(slow));
    await client.query('begin');
    const { rows } = await client.query("select current_setting('app.name') as name");
    const within = await codeOf(client.query(slow));
    await client.query('rollback');
    await client.end();
    expect([alone, within, rows]).toEqual(['57014', '57014', [{ name: 'it is' }]]);
  });

  test.each(routes)('costs no round trip, %s', async (_, route) => {
    const url = new URL(route.url);
    await using counter = await countFlights({ host: url.hostname, port: Number(url.port) });
    url.port = String(counter.port);
    await using pool = opened({ ...route, url: url.href }, { statement_timeout: 5000, max: 1 });
    const text = 'select body from note where id > $1';
    for (let n = 0; n < 4; n += 1) await pool.query(text, [0]);
    const flights = async (work: () => Promise<unknown>) => {
      const before = counter.flights;
      await work();
      return counter.flights - before;
    };
    const transaction: Work = async (client) => {
      await client.query('begin');
      await client.query(text, [0]);
      await client.query('commit');
    };
    expect(await flights(() => pool.query(text, [0]))).toBe(1);
    expect(await flights(() => withClient(pool, transaction))).toBe(2);
  });
});

test.each(told)('withSettings wins over it, and adds to it, %s', async (_, route) => {
  await using pool = opened(route, { statement_timeout: 150, lock_timeout: 900, max: 1 });
  const text = "select current_setting('statement_timeout') as s, current_setting('lock_timeout') as l";
  const within = await withSettings({ statement_timeout: '5s' }, () => pool.query(text));
  expect([within.rows, (await pool.query(text)).rows]).toEqual([
    [{ s: '5s', l: '900ms' }],
    [{ s: '150ms', l: '900ms' }],
  ]);
});

test.each(told)(
  'a transaction that began within withSettings goes on outside of it, %s',
  async (_, route) => {
    await using pool = opened(route, { statement_timeout: 150, max: 1 });
    const text = "select current_setting('statement_timeout') as s";
    const seen = await withClient(pool, async (client) => {
      await withSettings({ statement_timeout: '5s' }, () => client.query('begin'));
      const { rows } = await client.query(text);
      const other = await codeOf(withSettings({ statement_timeout: '6s' }, () => client.query(text)));
      await client.query('commit');
      return [...rows, other];
    });
    expect(seen).toEqual([{ s: '5s' }, 'POOLSAFE_SETTINGS']);
  },
);

test.each(told)('lock_timeout ends the waiting for a lock, %s', async (_, route) => {
  await using pool = opened(route, { lock_timeout: 150, max: 1 });
  const holder = new pg.Client(database.direct.url);
  await holder.connect();
  await holder.query('begin; lock table note');
  const codes = [
    await codeOf(pool.query('select * from note')),
    await withClient(pool, async (client) => {
      await client.query('begin');
      const code = await codeOf(client.query('select * from note'));
      await client.query('rollback');
      return code;
    }),
  ];
  await holder.end();
  expect(codes).toEqual(['55P03', '55P03']);
});

describe('idle_in_transaction_session_timeout', () => {
  test.each(told)('ends a transaction that nobody goes on with, %s', async (_, route) => {
    await using pool = opened(route, { idle_in_transaction_session_timeout: 150 });
    const client = await pool.connect();
    await client.query('begin');
    await client.query('select 1');
    // A pooler may keep the connection of the client, and says so with the next statement.
    const lost = new Promise((resolve) => client.once('error', resolve));
    const [first] = [await Promise.race([lost, later(1500)])];
    const code = first === undefined ? await codeOf(client.query('select 1')) : 'lost';
    client.release(true);
    expect(['lost', '25P03', '08P01']).toContain(code);
  });

  test.each(routes)('leaves alone what is outside of one: VACUUM, COPY, %s', async (_, route) => {
    await using pool = opened(route, { idle_in_transaction_session_timeout: 5000, max: 1 });
    expect(await codeOf(pool.query('vacuum note'))).toBe('fine');
    await withClient(pool, (client) => copied(client, '1\tone\n'));
    expect((await pool.query('delete from note')).rowCount).toBe(1);
  });
});

const later = (ms: number) => new Promise<undefined>((resolve) => setTimeout(resolve, ms, undefined));

const copied = (client: pg.PoolClient, lines: string) =>
  new Promise((resolve, reject) => {
    const stream = client.query(copyFrom('copy note from stdin'));
    stream.on('finish', resolve).on('error', reject);
    stream.end(lines);
  });

test('what cannot be in a transaction with them is refused, and in a transaction of its own a COPY works', async () => {
  await using pool = opened(latest, { statement_timeout: 5000, max: 1 });
  const refused = 'POOLSAFE_SETTINGS';
  const codes = await withClient(pool, async (client) => [
    await codeOf(pool.query('vacuum note')),
    await codeOf(client.query('vacuum note')),
    await codeOf(client.query('select 1; select 2')),
    await codeOf(copied(client, '1\tone\n')),
    await codeOf(asked(client, 'select 1; select 2')),
  ]);
  expect(codes).toEqual([refused, refused, refused, refused, refused]);
  await withClient(pool, async (client) => {
    await client.query('begin');
    await copied(client, '1\tone\n');
    await client.query('commit');
  });
  expect((await pool.query('delete from note')).rowCount).toBe(1);
});

test.each(routes)(
  'a value that PostgreSQL refuses fails each statement, and nothing runs, %s',
  async (_, route) => {
    await using pool = opened(route, { options: '-c statement_timeout=soon', max: 1 });
    const insert = "insert into note values (9, 'nine')";
    const codes = [
      await codeOf(pool.query(insert)),
      ...(await withClient(pool, async (client) => {
        const cursor = client.query(new Cursor(`${insert} returning id`));
        const read = await codeOf(cursor.read(1));
        await cursor.close();
        return [
          read,
          await codeOf(asked(client, insert)),
          await codeOf(streamed(client, `${insert} returning id`)),
        ];
      })),
    ];
    expect(codes).toEqual(['22023', '22023', '22023', '22023']);
    expect(await database.admin('select * from note')).toEqual([]);
  },
);

test.each(told)('search_path and time zone, however the pooler takes them, %s', async (_, route) => {
  await using pool = opened(route, { options: '-c search_path=pg_catalog -c TimeZone=Asia/Tokyo' });
  await using others = other(route);
  const text = "select current_setting('search_path') as path, current_setting('TimeZone') as zone";
  const [mine, theirs] = await Promise.all([pool.query(text), others.query(text)]);
  expect(mine.rows).toEqual([{ path: 'pg_catalog', zone: 'Asia/Tokyo' }]);
  expect(theirs.rows[0].path).not.toBe('pg_catalog');
  expect(theirs.rows[0].zone).not.toBe('Asia/Tokyo');
});
