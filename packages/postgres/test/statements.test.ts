import type postgres from '@poolsafe/postgres';
import type { PoolsafeOptions } from '@poolsafe/postgres';
import { startOdyssey, startPgBouncer } from '@poolsafe/stack';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openDatabase, type Route } from '../../pg/test/database.ts';
import { open } from './watched.ts';

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
const named = (routes: readonly Route[]) => routes.map((route) => [route.name, route] as const);

type Sql = postgres.ISql;
const byId = (sql: Sql, id: number) => sql<{ name: string }[]>`select name from item where id = ${id}`;

async function namesOf(sql: Sql, ids: readonly number[]): Promise<string[]> {
  const names: string[] = [];
  for (const id of ids) names.push((await byId(sql, id))[0]?.name as string);
  return names;
}

/** A query with a value: unnamed, prepared for the first time, prepared already; and a probe. */
const unnamed = 'PDH BES';
const first = 'PDH BES';
const again = 'BES';
/** In front of the first statement of a transaction, where the connection is open. */
const begin = 'PBE';
const probe = 'PBECS';

describe('what is found behind the first statement', () => {
  const kept = [...direct, ...tracking];
  test.each(named(kept))('kept, %s', async (_, route) => {
    await using watched = open(route);
    const { sql, sent } = watched;
    expect(await namesOf(sql, [1])).toEqual(['item 1']);
    expect(await sql`show work_mem`).toHaveLength(1);
    // The first caller has its row; behind it a question of our own, that closes what it names.
    expect(sent()).toBe(`${unnamed} ${probe} PDBES`);
    expect(await namesOf(sql, [2, 3, 4])).toEqual(['item 2', 'item 3', 'item 4']);
    expect(sent()).toBe(`${first} ${again} ${again}`);
    const { statement, count, command, columns } = await byId(sql, 5);
    expect(statement).toMatchObject({ string: 'select name from item where id = $1' });
    expect(statement.name).not.toBe('');
    expect([count, command, columns.map(({ name }) => name)]).toEqual([1, 'SELECT', ['name']]);
  });

  test.each(named(classic))('lost, %s', async (_, route) => {
    await using watched = open(route);
    const { sql, sent } = watched;
    expect(await namesOf(sql, [1, 2, 3])).toEqual(['item 1', 'item 2', 'item 3']);
    expect(sent()).toBe(`${unnamed} ${probe} ${unnamed} ${unnamed}`);
    expect(await sql`select count(*)::int as n from pg_prepared_statements`).toEqual([{ n: 0 }]);
    expect((await byId(sql, 4)).statement.name).toBe('');
  });

  test.each(named(direct))('nothing is left of it, %s', async (_, route) => {
    await using watched = open(route);
    await namesOf(watched.sql, [1]);
    const left = await watched.sql`select name from pg_prepared_statements`;
    expect(left).toEqual([]);
  });

  test('nothing is left of one that failed', async () => {
    const failing = (flight: Buffer) =>
      Buffer.from(flight.toString('latin1').replace('false', 'wrong'), 'latin1');
    await using watched = open(database.direct, {}, {}, failing);
    await namesOf(watched.sql, [1]);
    expect(await watched.sql`select name from pg_prepared_statements`).toEqual([]);
    expect(watched.sent()).toContain(`${unnamed} ${probe} CS PDBES`);
  });

  test('where transactions are all there is, behind the end of one', async () => {
    await using watched = open(database.through('latest'));
    for (let n = 1; n <= 3; n += 1) {
      expect(await watched.sql.begin((tx) => namesOf(tx, [n]))).toEqual([`item ${n}`]);
    }
    expect(watched.sent()).toBe(`Q ${unnamed} Q ${probe} ${begin}${first} Q ${begin}${again} Q`);
  });

  test('a query that waits for the only connection comes after it', async () => {
    await using watched = open(database.through('latest'));
    const { sql, sent } = watched;
    const results = await Promise.all(Array.from({ length: 5 }, (_, n) => namesOf(sql, [n + 1])));
    expect(results.flat()).toEqual([1, 2, 3, 4, 5].map((n) => `item ${n}`));
    expect(sent()).toBe(`${unnamed} ${probe} ${first} ${again} ${again} ${again}`);
  });

  test('a first statement that fails, and one that cannot be sent', async () => {
    await using watched = open(database.through('latest'));
    const { sql } = watched;
    const cannot = new Date(Number.NaN);
    await expect(sql`select nothing`).rejects.toMatchObject({ code: '42703' });
    for (let n = 0; n < 3; n += 1) {
      await expect(sql`select ${cannot}::timestamptz`).rejects.toThrow('Invalid time value');
      expect(await namesOf(sql, [1, 2, 3])).toEqual(['item 1', 'item 2', 'item 3']);
    }
  });

  test('a pid that is no signed number', async () => {
    // PgBouncer names a random one, so that some of these are.
    for (let n = 0; n < 8; n += 1) {
      await using watched = open(database.through('1.18'));
      await namesOf(watched.sql, [1, 2]);
      expect(watched.sent()).toBe(`${unnamed} ${probe} ${unnamed}`);
    }
  });

  test('what a failed probe has left behind is not taken for a pooler that keeps statements', async () => {
    await using pooler = await startPgBouncer({ version: '1.18' }, servers.postgres);
    const url = new URL(database.direct.url);
    url.port = String(pooler.address.port);
    const route = { name: '1.18', url: url.href };
    // A value that is refused once the statement is there, and another name to close.
    const failing = (flight: Buffer) => {
      const text = flight.toString('latin1');
      return Buffer.from(
        text[0] === 'C' ? text.replace('_probe_', '_other_') : text.replace('false', 'wrong'),
        'latin1',
      );
    };
    for (let n = 0; n < 10; n += 1) {
      await using watched = open(route, {}, {}, failing);
      await namesOf(watched.sql, [1, 2]);
    }
    await using looking = open(route, { statements: 'never' });
    const [left] = await looking.sql`
      select count(*)::int as n from pg_prepared_statements where name like 'poolsafe_probe_%'`;
    expect(left?.n).toBeGreaterThan(0);
    for (let n = 0; n < 10; n += 1) {
      await using watched = open(route);
      await namesOf(watched.sql, [1, 2, 3]);
      expect(watched.sent()).toBe(`${unnamed} ${probe} ${unnamed} ${unnamed}`);
    }
  });

  test('a client that ends at once costs no server connection', async () => {
    const pids = new Set<number>();
    for (let n = 0; n < 15; n += 1) {
      await using watched = open(database.through('1.18'));
      const [row] = await watched.sql`select current_setting('is_superuser'), pg_backend_pid() as pid`;
      pids.add(row?.pid);
    }
    // That many the pooler has at most, and the guard refuses nothing here.
    expect(pids.size).toBeLessThanOrEqual(5);
  });
});

describe('options count before what is found', () => {
  const never = `${unnamed} ${unnamed} ${unnamed}`;
  const given: readonly (readonly [Route, PoolsafeOptions, string])[] = [
    [database.through('latest'), { statements: 'never' }, never],
    [database.through('latest'), { pooler: 'pgbouncer-1.18' }, never],
    [database.through('latest'), { pooler: 'rds-proxy' }, never],
    [database.direct, { statements: 'never' }, never],
    [session, { pooler: 'session' }, `${unnamed} ${probe} ${first} ${again}`],
    [database.direct, { statementCache: { threshold: 3 } }, `${unnamed} ${probe} ${unnamed} ${first}`],
  ];
  test.each(given.map(([route, options, sent]) => [route.name, options, route, sent] as const))(
    '%s, %j',
    async (_, options, route, sent) => {
      await using watched = open(route, options);
      expect(await namesOf(watched.sql, [1, 2, 3])).toEqual(['item 1', 'item 2', 'item 3']);
      expect(watched.sent()).toBe(sent);
    },
  );

  test('prepare: false of the client', async () => {
    await using watched = open(database.direct, {}, { prepare: false });
    await namesOf(watched.sql, [1, 2, 3]);
    expect(watched.sent()).toBe(never);
  });

  test('prepare of a query', async () => {
    await using watched = open(database.through('latest'));
    const { sql, sent } = watched;
    await namesOf(sql, [1]);
    const run = async (text: string, options?: { prepare: boolean }) => {
      sent();
      for (let id = 1; id <= 3; id += 1) {
        expect(await sql.unsafe(text, [id], options)).toEqual([{ name: `item ${id}` }]);
      }
      return sent();
    };
    expect(await run('select name from item where id = $1 -- 1', { prepare: false })).toBe(never);
    expect(await run('select name from item where $1 = id')).toBe(`${unnamed} ${first} ${again}`);
    expect(await run('select name from item where $1 = id ', { prepare: true })).toBe(
      `${first} ${again} ${again}`,
    );
  });
});

describe('the statements of a connection', () => {
  test.each(named(direct))('are no more than its size, %s', async (_, route) => {
    await using watched = open(route, { statementCache: { size: 3 } });
    const { sql } = watched;
    for (let round = 0; round < 3; round += 1) {
      for (let n = 1; n <= 5; n += 1) {
        const rows = await sql.unsafe(`select ${n} as n, $1::int as m`, [round]);
        expect(rows).toEqual([{ n, m: round }]);
      }
    }
    const kept = await sql`select name from pg_prepared_statements`.simple();
    expect(kept).toHaveLength(3);
  });

  test('types of values count, and texts that cannot be parsed do not', async () => {
    await using watched = open(database.direct, { statementCache: { size: 4, threshold: 1 } });
    const { sql } = watched;
    await sql`select 1`;
    for (const n of [1, 2, 3, 4, 5, 6]) {
      await expect(sql.unsafe(`select nothing${n}, $1::int`, [n])).rejects.toMatchObject({ code: '42703' });
    }
    for (const value of [null, true, new Date(), Buffer.from('a'), 'text', [1]]) {
      await sql`select ${value as never}::text is null`;
      await sql`select ${value as never}::text is null`;
    }
    const kept = await sql`select name from pg_prepared_statements`.simple();
    expect(kept).toHaveLength(4);
  });

  test('a text that is wrong by itself is sent once', async () => {
    await using watched = open(database.direct, { statementCache: { threshold: 1 } });
    const { sql, sent } = watched;
    await sql`select 1`;
    await sql`show work_mem`;
    sent();
    const wrong = sql`insert into item (id) values ('1'::text)`;
    await expect(wrong).rejects.toMatchObject({ code: '42804', routine: 'transformAssignedExpr' });
    expect(sent()).toBe('PDBES');
  });

  test('utility statements, cursors, describe, simple and several statements are not named', async () => {
    await using watched = open(database.direct);
    const { sql } = watched;
    await namesOf(sql, [1]);
    for (let n = 0; n < 3; n += 1) {
      await sql`show work_mem`;
      await sql`select ${n}::int as described`.describe();
      await sql`select 1 as simple`.simple();
      await sql.unsafe('select 1; select 2');
      await sql`select generate_series(1, ${3}::int) as n`.cursor(2, () => {});
      await sql.begin(async (tx) => {
        await tx.savepoint((saved) => saved`select 1 as in_a_savepoint`);
      });
    }
    const kept = await sql`select statement from pg_prepared_statements`.simple();
    expect(kept).toEqual([{ statement: 'select 1 as in_a_savepoint' }]);
  });

  test('helpers and fragments are prepared for what they come to', async () => {
    await using watched = open(database.through('latest'));
    const { sql, sent } = watched;
    await sql`select 1`;
    const where = (id: number) => sql`where id = ${id}`;
    const insert = (row: object) =>
      sql.begin(async (tx) => {
        const rows = await tx`insert into item ${sql(row)} returning ${sql(Object.keys(row))}`;
        await tx`delete from item ${where(2000)}`;
        return [...rows];
      });
    for (let n = 0; n < 3; n += 1) {
      sent();
      expect(await insert({ id: 2000, name: 'x' })).toEqual([{ id: 2000, name: 'x' }]);
      expect(await insert({ id: 2000 })).toEqual([{ id: 2000 }]);
    }
    expect(sent()).toBe(`${begin}${again} ${again} Q ${begin}${again} ${again} Q`);
  });

  test('what the application wrote is what it reads, and the server has a comment at the end', async () => {
    const debugged: string[] = [];
    const debug = (_: number, text: string) => void debugged.push(text);
    await using watched = open(database.through('latest'), {}, { debug });
    const { sql, texts } = watched;
    const divide = (n: number) => sql`select 1 / ${n}::int as n`;
    for (let n = 1; n <= 3; n += 1) {
      expect((await divide(n)).statement.string).toBe('select 1 / $1::int as n');
    }
    await expect(divide(0)).rejects.toMatchObject({ code: '22012', query: 'select 1 / $1::int as n' });
    expect(new Set(debugged)).toEqual(new Set(['select 1 / $1::int as n']));
    const salted = texts().filter((text) => text.includes('/*'));
    expect(salted.at(-1)).toMatch(/^select 1 \/ \$1::int as n \/\* [0-9a-f]{12}(?:\.[0-9a-f]{8})? \*\/$/);
  });
});

describe('no row that belongs to another statement', () => {
  test.each(named([...tracking, ...classic, database.direct]))(
    '%s',
    async (_, route) => {
      await using watched = open(route, { statementCache: { size: 20 } }, { max: 20 });
      const { sql } = watched;
      // Texts that overlap.
      const texts = Array.from(
        { length: 40 },
        (_, n) => `select $1::int + ${n} as "n${n}", name from item where id = $1`,
      );
      const wrong: unknown[] = [];
      const worker = async (seed: number) => {
        for (let i = 0; i < 300; i += 1) {
          const n = (seed * 7 + i * 13) % texts.length;
          const id = ((seed + i) % 1000) + 1;
          const prepare = i % 3 === 0 ? { prepare: true } : {};
          const rows = [...(await sql.unsafe(texts[n] as string, [id], prepare))];
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
