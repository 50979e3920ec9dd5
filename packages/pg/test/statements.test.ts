import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolsafeOptions } from '@poolsafe/core';
import { type Capabilities, type Client, Pool, type PoolConfig } from '@poolsafe/pg';
import { startOdyssey } from '@poolsafe/stack';
import type pg from 'pg';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openDatabase, type Route } from './database.ts';

const servers = inject('servers');
const database = await openDatabase(
  servers,
  'create table item (id int primary key, name text)',
  "insert into item select i, 'item ' || i from generate_series(1, 1000) i",
);
const odysseys = await Promise.all(
  [true, false].map((preparedStatements) =>
    startOdyssey({ preparedStatements, poolSize: 2 }, servers.postgres),
  ),
);
afterAll(async () => {
  await Promise.all(odysseys.map((odyssey) => odyssey.stop()));
  await database[Symbol.asyncDispose]();
});

const [reserving, forgetting] = odysseys.map(({ address: { port } }, i): Route => {
  const url = new URL(database.direct.url);
  url.port = String(port);
  return { name: `odyssey, ${i === 0 ? 'reserving' : 'forgetting'}`, url: url.href };
}) as [Route, Route];

const session: Route = { ...database.through('1.18'), name: 'a session pooler, and told so' };
const tracking = [database.through('1.24'), database.through('latest'), reserving];
const classic = [database.through('1.18'), database.through('1.24off'), forgetting];
const direct = [database.direct, database.told];

interface Watched extends AsyncDisposable {
  readonly pool: Pool;
  /** Letters of the messages that were sent, a word for each flight. */
  sent(): string;
}

/** A pool, and what its connections send. */
function open(route: Route, options: PoolsafeOptions = {}, config: PoolConfig = {}): Watched {
  const pool = new Pool({
    connectionString: route.url,
    max: 1,
    ...config,
    poolsafe: { ...route.poolsafe, ...options },
  });
  let sent = '';
  pool.on('connect', (client) => {
    const { stream } = (client as unknown as { connection: { stream: NodeJS.WritableStream } }).connection;
    const { write } = stream;
    let corked = '';
    stream.write = (data: string | Uint8Array, ...rest: unknown[]) => {
      corked += String.fromCharCode((data as Uint8Array)[0] as number);
      queueMicrotask(() => {
        if (corked !== '') sent += ` ${corked}`;
        corked = '';
      });
      return (write as (...given: unknown[]) => boolean).call(stream, data, ...rest);
    };
  });
  return {
    pool,
    sent() {
      const all = sent.trim();
      sent = '';
      return all;
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

const byId = (id: number) => ({ text: 'select name from item where id = $1', values: [id] });

async function namesOf(pool: Pool, ids: readonly number[]): Promise<string[]> {
  const names: string[] = [];
  for (const id of ids) names.push((await pool.query(byId(id))).rows[0].name);
  return names;
}

describe('what is found behind the first statement', () => {
  const found: readonly (readonly [Route, Capabilities])[] = [
    ...direct.map((route) => [route, { connections: 1, kept: 1, direct: 1 }] as const),
    ...tracking.map((route) => [route, { connections: 1, kept: 1, direct: 0 }] as const),
    ...classic.map((route) => [route, { connections: 1, kept: 0, direct: 0 }] as const),
  ];
  test.each(found.map(([route, expected]) => [route.name, route, expected] as const))(
    '%s',
    async (_, route, expected) => {
      await using watched = open(route);
      const { pool, sent } = watched;
      expect(pool.capabilities()).toEqual({ connections: 0, kept: 0, direct: 0 });
      expect(await namesOf(pool, [1])).toEqual(['item 1']);
      // The first caller has its row; behind it one of our own, that is closed again.
      await pool.query('show work_mem');
      expect(sent()).toBe('PBDES PBDECS Q');
      expect(await namesOf(pool, [2, 3, 4])).toEqual(['item 2', 'item 3', 'item 4']);
      expect(pool.capabilities()).toEqual(expected);
      expect(sent()).toBe(expected.kept ? 'PBDES BDES BDES' : 'PBDES PBDES PBDES');
    },
  );

  test.each(classic.map((route) => [route.name, route] as const))(
    'nothing of it stays, %s',
    async (_, route) => {
      await using watched = open(route);
      await namesOf(watched.pool, [1, 2]);
      const { rows } = await watched.pool.query('select count(*)::int as n from pg_prepared_statements');
      expect(rows).toEqual([{ n: 0 }]);
    },
  );

  test('where transactions are all there is, behind the end of one', async () => {
    await using watched = open(database.through('latest'));
    const { pool, sent } = watched;
    const client = await pool.connect();
    for (let n = 1; n <= 3; n += 1) {
      await client.query('begin');
      expect((await client.query(byId(n))).rows).toEqual([{ name: `item ${n}` }]);
      await client.query('commit');
    }
    client.release();
    expect(sent()).toBe('PBEPBDES Q PBDECS PBEPBDES Q PBEBDES Q');
  });

  test('one connection looks again for all, in time', async () => {
    await using watched = open(database.through('latest'), { statementCache: { maxAge: 4000 } }, { max: 3 });
    const { pool, sent } = watched;
    const clients = await Promise.all([1, 2, 3].map(() => pool.connect()));
    const ask = async () => {
      for (const client of clients) await client.query(byId(1));
      for (const client of clients) await client.query('show work_mem');
    };
    await ask();
    await ask();
    const first = sent();
    await sleep(2100);
    await ask();
    const later = sent();
    for (const client of clients) client.release();
    const probes = [first, later].map((flights) => flights.match(/PBDECS/g)?.length);
    expect(probes).toEqual([3, 1]);
    expect(later.match(/BDES/g)).toHaveLength(3);
  });

  test('a first statement that fails, and one that pg cannot send', async () => {
    await using watched = open(database.through('latest'));
    const { pool } = watched;
    const cannot = { toPostgres: () => assert() };
    const assert = () => {
      throw new Error('cannot be sent');
    };
    await expect(pool.query('select nothing')).rejects.toMatchObject({ code: '42703' });
    await expect(pool.query('select $1::int', [cannot])).rejects.toThrow('cannot be sent');
    expect(await namesOf(pool, [1, 2, 3])).toEqual(['item 1', 'item 2', 'item 3']);
    await expect(pool.query('select name from item where id = $1', [cannot])).rejects.toThrow(
      'cannot be sent',
    );
    expect(await namesOf(pool, [1, 2, 3])).toEqual(['item 1', 'item 2', 'item 3']);
  });

  test('a client that ends at once costs no server connection', async () => {
    const pids = new Set<number>();
    for (let n = 0; n < 15; n += 1) {
      await using watched = open(database.through('1.18'));
      pids.add(
        (await watched.pool.query("select current_setting('is_superuser'), pg_backend_pid() as pid")).rows[0]
          .pid,
      );
    }
    // That many the pooler has at most, and the guard refuses nothing here.
    expect(pids.size).toBeLessThanOrEqual(5);
  });
});

describe('options count before what is found', () => {
  const given: readonly (readonly [Route, PoolsafeOptions, string])[] = [
    [database.through('latest'), { statements: 'never' }, 'PBDES PBDES PBDES'],
    [database.through('latest'), { pooler: 'pgbouncer-1.18' }, 'PBDES PBDES PBDES'],
    [database.through('latest'), { pooler: 'rds-proxy' }, 'PBDES PBDES PBDES'],
    [database.direct, { statements: 'never' }, 'PBDES PBDES PBDES'],
    [session, { pooler: 'session' }, 'PBDES PBDECS PBDES BDES'],
    [database.direct, { statementCache: { threshold: 3 } }, 'PBDES PBDECS PBDES PBDES'],
  ];
  test.each(given.map(([route, options, sent]) => [route.name, options, route, sent] as const))(
    '%s, %j',
    async (_, options, route, sent) => {
      await using watched = open(route, options);
      expect(await namesOf(watched.pool, [1, 2, 3])).toEqual(['item 1', 'item 2', 'item 3']);
      expect(watched.sent()).toBe(sent);
    },
  );

  test('with pipelining, nothing is named', async () => {
    await using watched = open(database.direct);
    const client = (await watched.pool.connect()) as unknown as Client & {
      pipeline: boolean;
      release(): void;
    };
    client.pipeline = true;
    const results = await Promise.all([1, 2, 3, 4].map((id) => client.query(byId(id))));
    expect(results.map(({ rows }) => rows[0].name)).toEqual(['item 1', 'item 2', 'item 3', 'item 4']);
    expect(watched.sent()).toBe('PBDESPBDESPBDESPBDES');
    client.release();
  });
});

describe('the statements of a connection', () => {
  const prepared =
    "select name from pg_prepared_statements where name like 'poolsafe%' order by prepare_time";

  test.each(direct.map((route) => [route.name, route] as const))(
    'are no more than its size, %s',
    async (_, route) => {
      await using watched = open(route, { statementCache: { size: 3 } });
      const { pool } = watched;
      for (let round = 0; round < 3; round += 1) {
        for (let n = 1; n <= 5; n += 1) {
          const { rows } = await pool.query(`select ${n} as n, $1::int as m`, [round]);
          expect(rows).toEqual([{ n, m: round }]);
        }
      }
      expect((await pool.query(`${prepared} -- ${Math.random()}`)).rows).toHaveLength(3);
    },
  );

  test('names of the application are replaced, wherever it may use them for two texts', async () => {
    for (const route of [...tracking, ...classic]) {
      await using watched = open(route);
      for (let n = 1; n <= 4; n += 1) {
        const { rows } = await watched.pool.query({ name: 'mine', text: 'select $1::int as n', values: [n] });
        expect(rows, route.name).toEqual([{ n }]);
        const other = await watched.pool.query({ name: 'mine', text: 'select $1::int as m', values: [n] });
        expect(other.rows, route.name).toEqual([{ m: n }]);
      }
    }
  });

  test('utility statements, several statements, limited rows and other modes are not named', async () => {
    await using watched = open(database.direct);
    const { pool, sent } = watched;
    await namesOf(pool, [1]);
    sent();
    for (let n = 0; n < 3; n += 1) {
      await pool.query('show work_mem');
      await pool.query('select 1; select 2');
      await pool.query({ text: 'select generate_series(1, 3)', rows: 2 } as pg.QueryConfig);
    }
    expect(sent()).not.toMatch(/P?BDES/);
    for (let n = 0; n < 3; n += 1) {
      const { rows } = await pool.query({ text: 'select 1, 2', rowMode: 'array' });
      expect(rows).toEqual([[1, 2]]);
    }
    expect(sent()).toBe('Q PBDES BDES');
  });
});

describe('no row that belongs to another statement', () => {
  test.each([...tracking, ...classic, database.direct].map((route) => [route.name, route] as const))(
    '%s',
    async (_, route) => {
      await using watched = open(route, { statementCache: { size: 20 } }, { max: 20 });
      const { pool } = watched;
      // Texts that overlap, under names that overlap.
      const texts = Array.from(
        { length: 40 },
        (_, n) => `select $1::int + ${n} as "n${n}", name from item where id = $1`,
      );
      const wrong: unknown[] = [];
      const worker = async (seed: number) => {
        for (let i = 0; i < 500; i += 1) {
          const n = (seed * 7 + i * 13) % texts.length;
          const id = ((seed + i) % 1000) + 1;
          const name = i % 3 === 0 ? `q${n % 4}` : undefined;
          const { rows } = await pool.query({
            text: texts[n] as string,
            values: [id],
            ...(name && { name }),
          });
          const expected = { [`n${n}`]: id + n, name: `item ${id}` };
          if (JSON.stringify(rows) !== JSON.stringify([expected])) wrong.push({ rows, expected });
        }
      };
      await Promise.all(Array.from({ length: 20 }, (_, seed) => worker(seed)));
      expect(wrong).toEqual([]);
    },
    60_000,
  );
});
