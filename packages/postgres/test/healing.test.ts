import postgres, { type PoolsafeOptions } from '@poolsafe/postgres';
import { type PgBouncer, startPgBouncer } from '@poolsafe/stack';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { type Database, openDatabase, type Route } from '../../pg/test/database.ts';
import { openProxy } from './proxy.ts';
import { open as watch } from './watched.ts';

const servers = inject('servers');
const database = await openDatabase(
  servers,
  `create function lose() returns int language plpgsql as $$ begin execute 'deallocate all'; return 1; end $$`,
  'create sequence runs',
  `create function run(state text) returns int language plpgsql as $$
     begin perform nextval('runs'); raise exception using errcode = state, message = 'mine'; end $$`,
);
afterAll(() => database[Symbol.asyncDispose]());
const admin = (text: string) => database.admin(text);

type Kept = readonly [name: string, route: Route];
const kept: readonly Kept[] = [
  database.direct,
  database.told,
  database.through('1.24'),
  database.through('latest'),
].map((route) => [route.name, route] as const);

type Sql = ReturnType<typeof postgres> & AsyncDisposable;

/** With one server connection, so that it is clear who shares it, the pooler apart. */
function open(route: Route, max = 1, options?: PoolsafeOptions): Sql {
  const sql = postgres(route.url, { max, onnotice: () => {}, poolsafe: { ...route.poolsafe, ...options } });
  return Object.assign(sql, { [Symbol.asyncDispose]: () => sql.end() });
}

const run = async (sql: postgres.ISql, text: string, values: unknown[] = []) => [
  // Without parameters it would be the simple protocol, which prepares nothing.
  ...(await sql.unsafe(text, values as never[], { simple: false } as postgres.UnsafeQueryOptions)),
];

/** The same often enough that it is prepared on every server connection. */
async function often(sql: Sql, text: string, values: unknown[] = []): Promise<unknown[]> {
  let rows: unknown[] = [];
  for (let n = 0; n < 12; n += 1) rows = await run(sql, text, values);
  return rows;
}

let tables = 0;
/** A table of its own, made by somebody else. */
async function table(columns: string): Promise<string> {
  tables += 1;
  const name = `t${tables}`;
  await admin(`create table ${name} (${columns}); grant all on ${name} to ${database.role}`);
  return name;
}

describe('a statement that is gone', () => {
  test.each(kept)('for the client that uses it, %s', async (_, route) => {
    await using sql = open(route);
    const name = await table('n int');
    const insert = `insert into ${name} values ($1) returning n`;
    await often(sql, insert, [1]);
    // On every server connection that there may be.
    await using others = open(route, 5);
    await Promise.all(Array.from({ length: 10 }, () => others`select lose(), pg_sleep(0.02)`));
    await sql`select lose()`;
    for (let n = 0; n < 8; n += 1) expect(await run(sql, insert, [2])).toEqual([{ n: 2 }]);
    expect(await sql.unsafe(`select count(*)::int from ${name} where n = 2`)).toEqual([{ count: 8 }]);
  });

  test.each(kept)('in a transaction it fails with advice, and the next one works, %s', async (_, route) => {
    await using sql = open(route);
    const text = 'select 1 as one, $1::int as two';
    await often(sql, text, [2]);
    const failing = sql.begin(async (tx) => {
      await tx`select lose()`;
      await run(tx, text, [2]);
    });
    const hint = expect.stringContaining('docs/errors.md');
    await expect(failing).rejects.toMatchObject({ code: '26000', ...(!route.poolsafe && { hint }) });
    for (let n = 0; n < 4; n += 1) {
      expect(await sql.begin((tx) => run(tx, text, [n]))).toEqual([{ one: 1, two: n }]);
    }
  });

  test.each(kept)('is not used again when names are, %s', async (_, route) => {
    const options = { ...route.poolsafe, statementCache: { maxAge: 200 } };
    await using sql = open({ ...route, poolsafe: options });
    const text = 'select 3 as three, $1::int as four';
    const isNamed = (rows: { statement: { name: string } }) => rows.statement.name !== '';
    while (!isNamed(await sql.unsafe(text, [4])));
    await sql`select lose()`;
    expect(await run(sql, text, [4])).toEqual([{ three: 3, four: 4 }]);
    // In a transaction nobody would see to it.
    while (!isNamed(await sql.begin((tx) => tx.unsafe(text, [4]))));
  });

  test.each(kept)('DEALLOCATE ALL by the client itself, %s', async (_, route) => {
    await using sql = open(route);
    await often(sql, 'select 1 as one');
    await sql.unsafe('deallocate all', [], {
      poolsafe: { allow: ['POOLSAFE_SQL_PREPARE'] },
    } as postgres.UnsafeQueryOptions);
    const inside = () => sql.begin((tx) => run(tx, 'select 1 as one'));
    for (let n = 0; n < 4; n += 1) expect(await inside()).toEqual([{ one: 1 }]);
  });

  test.each(['describe', 'forEach', 'values', 'raw'] as const)('and a query that gives %s', async (way) => {
    await using sql = open(database.told);
    const ask = async () => {
      const seen: unknown[] = [];
      const query = sql`select ${7}::int as n`;
      if (way === 'forEach') await query.forEach((row) => void seen.push(row));
      else if (way === 'describe') seen.push((await query.describe()).string);
      else seen.push(...(await query[way]()));
      return seen;
    };
    const expected = await ask();
    for (let n = 0; n < 3; n += 1) await ask();
    await sql`select lose()`;
    expect(await ask()).toEqual(expected);
  });
});

describe('a table that has changed', () => {
  const changes: Readonly<Record<string, (name: string) => Promise<unknown>>> = {
    'a column more': (name) => admin(`alter table ${name} add b int default 7`),
    'a column of another type': (name) => admin(`alter table ${name} alter a type text`),
    'made anew': (name) =>
      admin(
        `begin; drop table ${name}; create table ${name} (a text, b int); insert into ${name} values ('1');
         grant all on ${name} to ${database.role}; commit`,
      ),
  };
  for (const [title, change] of Object.entries(changes)) {
    test.each(kept)(`${title}, %s`, async (_, route) => {
      const name = await table('a int');
      await admin(`insert into ${name} values (1)`);
      await using sql = open(route);
      const text = `select * from ${name} order by 1`;
      expect(await often(sql, text)).toEqual([{ a: 1 }]);
      await change(name);
      const [expected] = await admin(text);
      expect(await run(sql, text)).toEqual([expected]);
      expect(await often(sql, text)).toEqual([expected]);
      // And for whoever comes later to the same server connections.
      await using later = open(route);
      expect(await often(later, text)).toEqual([expected]);
    });
  }

  test.each(kept)('an enum made anew, %s', async (_, route) => {
    const name = await table('a int');
    const type = `mood_${name}`;
    const make = `create type ${type} as enum ('ok'); grant usage on type ${type} to ${database.role}`;
    await admin(make);
    await using sql = open(route);
    const text = `select $1::${type}::text as mood`;
    expect(await often(sql, text, ['ok'])).toEqual([{ mood: 'ok' }]);
    await admin(`drop type ${type}; ${make}`);
    expect(await run(sql, text, ['ok'])).toEqual([{ mood: 'ok' }]);
    expect(await often(sql, text, ['ok'])).toEqual([{ mood: 'ok' }]);
    await using later = open(route);
    expect(await often(later, text, ['ok'])).toEqual([{ mood: 'ok' }]);
  });

  test.each(kept)('in a transaction the error stands, and the next one works, %s', async (_, route) => {
    const name = await table('a int');
    await using sql = open(route);
    const text = `select * from ${name}`;
    await often(sql, text);
    await admin(`alter table ${name} add b int`);
    await expect(sql.begin((tx) => run(tx, text))).rejects.toMatchObject({ code: '0A000' });
    expect(await sql.begin((tx) => run(tx, text))).toEqual([]);
  });
});

test.each([database.direct, database.told].map((route) => [route.name, route] as const))(
  'a text that means other tables with another search_path is right, and not prepared again, %s',
  async (_, route) => {
    tables += 1;
    const [one, two] = [`one_${tables}`, `two_${tables}`];
    await admin(`create schema ${one}; create table ${one}.n as select 1 as n;
      create schema ${two}; create table ${two}.n as select 'two' as n;
      grant usage on schema ${one}, ${two} to public; grant select on ${one}.n, ${two}.n to public`);
    await using watched = watch(route, { allow: ['POOLSAFE_SESSION_SET'] });
    const { sql, sent } = watched;
    for (let n = 0; n < 4; n += 1) {
      await sql.unsafe(`set search_path to ${one}`);
      for (let i = 0; i < 3; i += 1) expect(await run(sql, 'select * from n')).toEqual([{ n: 1 }]);
      await sql.unsafe(`set search_path to ${two}`);
      sent();
      for (let i = 0; i < 3; i += 1) expect(await run(sql, 'select * from n')).toEqual([{ n: 'two' }]);
    }
    expect(sent()).toBe('PDBES PDBES PDBES');
  },
);

describe('nothing that may have run is sent again', () => {
  test.each(
    kept.flatMap(([name, route]) =>
      ['26000', '42P05', '0A000', 'XX000'].map((state) => [name, state, route] as const),
    ),
  )('%s, %s from within a function', async (_, state, route) => {
    await using sql = open(route);
    const before = Number((await admin("select nextval('runs')"))[0]?.nextval);
    for (let n = 0; n < 5; n += 1) {
      await expect(sql`select run(${state})`).rejects.toMatchObject({ code: state, message: 'mine' });
    }
    expect(Number((await admin("select nextval('runs')"))[0]?.nextval)).toBe(before + 6);
  });
});

describe('types of parameters are those of the column', () => {
  const at = '2022-01-01T02:00:00-05:00';
  const expected = [{ utc: '2022-01-01 07:00:00' }];
  const stored = (name: string) => admin(`select (at at time zone 'utc')::text as utc from ${name}`);
  const change = (name: string) =>
    `truncate ${name}; alter table ${name} alter at type timestamptz using at at time zone 'utc'`;
  // As ORMs send it: with the date types as they are.
  const text = (name: string) => `insert into ${name} (at) values ($1)`;
  const plain = { parse: (value: unknown) => value, serialize: (value: unknown) => value };
  const types = { at: { to: 1184, from: [1082, 1114, 1184], ...plain } };

  test.each(kept)('for a client that starts after the change, %s', async (_, route) => {
    const name = await table('at timestamp');
    const connect = (): Sql => {
      const sql = postgres(route.url, {
        max: 5,
        types,
        poolsafe: route.poolsafe ?? {},
      } as postgres.Options<never>);
      return Object.assign(sql, { [Symbol.asyncDispose]: () => sql.end() }) as unknown as Sql;
    };
    await using before = connect();
    await Promise.all(Array.from({ length: 25 }, () => run(before, text(name), [at])));
    await admin(change(name));
    // And back, and again: a schema that looks like an older one is not that one.
    await admin(`alter table ${name} alter at type timestamp using at at time zone 'utc'`);
    await admin(change(name));
    await using after = connect();
    await Promise.all(Array.from({ length: 25 }, () => run(after, text(name), [at])));
    expect(new Set((await stored(name)).map(({ utc }) => utc))).toEqual(new Set([expected[0]?.utc]));
  });

  test.each(kept)('for an open connection, at once where the change came from here, %s', async (_, route) => {
    const name = await table('at timestamp');
    await admin(`alter table ${name} owner to ${database.role}`);
    const sql = postgres(route.url, {
      max: 1,
      types,
      poolsafe: route.poolsafe ?? {},
    } as postgres.Options<never>);
    for (let n = 0; n < 12; n += 1) await run(sql, text(name), [at]);
    await using migrator = open(route);
    await migrator.begin(async (tx) => {
      await tx.unsafe(change(name));
      // What the connection finds now is out of date when the transaction is over.
      for (let n = 0; n < 3; n += 1) await sql`select 1`;
    });
    await run(sql, text(name), [at]);
    expect(await stored(name)).toEqual(expected);
    await sql.end();
  });

  test.each(kept)('for an open connection, after the maximum age, %s', async (_, route) => {
    const name = await table('at timestamp');
    const poolsafe = { ...route.poolsafe, statementCache: { maxAge: 1 } };
    const sql = postgres(route.url, { max: 1, types, poolsafe } as postgres.Options<never>);
    for (let n = 0; n < 12; n += 1) await run(sql, text(name), [at]);
    await admin(change(name));
    // The first statement after that time brings the news.
    await sql`select 1`;
    await run(sql, text(name), [at]);
    expect(await stored(name)).toEqual(expected);
    await sql.end();
  });
});

describe('what a connection has prepared of an older schema', () => {
  test.each([database.direct, database.through('latest')].map((route) => [route.name, route] as const))(
    'is not used again, and makes way, %s',
    async (_, route) => {
      const name = await table('a int');
      await admin(`alter table ${name} owner to ${database.role}`);
      await using watched = watch(route, { statementCache: { size: 2 } });
      const { sql, sent } = watched;
      const text = `select ${name}.a as a from ${name}`;
      const pid = async () => (await sql`select ${1}::int`).state.pid;
      const before = await pid();
      for (let n = 0; n < 3; n += 1) await run(sql, text);
      await sql.unsafe(`alter table ${name} add b int`);
      for (let n = 0; n < 3; n += 1) await run(sql, text);
      sent();
      await run(sql, text);
      expect(sent()).toBe('BES');
      // Full, of what is out of date in part.
      for (let n = 0; n < 3; n += 1) await run(sql, `${text} where a = $1`, [n]);
      for (let n = 0; n < 3; n += 1) await run(sql, `${text} where a = $1`, [n]);
      sent();
      await run(sql, `${text} where a = $1`, [1]);
      expect(sent()).toBe('BES');
      expect(await pid()).not.toBe(before);
    },
  );
});

describe('the end of a client', () => {
  test('waits for a probe, but not for one that is never answered', async () => {
    await using proxy = await openProxy(servers.postgres);
    let held = 0;
    proxy.onServerData = (chunk) => {
      if (!chunk.includes('poolsafe_probe_')) return chunk;
      held += 1;
      return Buffer.alloc(0);
    };
    const url = database.direct.url.replace(/:\d+\//, `:${proxy.port}/`);
    const sql = postgres(url, { max: 1 });
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
    await expect.poll(() => held).toBe(1);
    const begun = performance.now();
    await sql.end();
    expect(performance.now() - begun).toBeGreaterThan(900);
  });

  test('begins no other', async () => {
    await using watched = watch(database.direct);
    const asked = watched.sql`select 1 as one`.execute();
    const ended = watched.sql.end();
    expect(await asked).toEqual([{ one: 1 }]);
    await ended;
    expect(watched.sent()).toBe('PDBES');
  });
});

describe('poolers that are not always the same', () => {
  const settings = { default_pool_size: 2, server_round_robin: 1 };

  async function bouncer(): Promise<PgBouncer & { route(database: Database): Route }> {
    const pooler = await startPgBouncer({ version: '1.24', settings }, servers.postgres);
    return Object.assign(pooler, {
      route({ direct }: Database): Route {
        const url = new URL(direct.url);
        url.port = String(pooler.address.port);
        return { name: '1.24', url: url.href };
      },
    });
  }

  const track = (pooler: PgBouncer, statements: number) =>
    pooler.admin(`SET max_prepared_statements = ${statements}`);
  const ask = async (sql: postgres.ISql, n: number) => (await sql`select ${n}::int as n`)[0]?.n as number;
  async function right(sql: Sql, rounds = 30): Promise<void> {
    const results = await Promise.all(Array.from({ length: rounds }, (_, n) => ask(sql, n)));
    expect(results).toEqual(Array.from({ length: rounds }, (_, n) => n));
  }

  test('tracking that is switched off, and on again', async () => {
    await using pooler = await bouncer();
    await using sql = open(pooler.route(database), 4);
    await right(sql);
    for (const statements of [0, 200, 0, 200]) {
      await track(pooler, statements);
      await right(sql);
      // Connections that came before, and those that come now.
      await using later = open(pooler.route(database), 4);
      await right(later);
      await right(sql);
    }
  });

  test('a pooler that has no record of a statement', async () => {
    await using pooler = await bouncer();
    await using sql = open(pooler.route(database), 1, { statementCache: { threshold: 1 } });
    await sql`select 1`;
    await track(pooler, 0);
    expect(await ask(sql, 1)).toBe(1);
    await track(pooler, 200);
    // It closes the connection of whoever uses a statement that was prepared meanwhile.
    expect(await ask(sql, 2)).toBe(2);
    expect(await ask(sql, 3)).toBe(3);
    expect(pooler.log()).toContain('prepared statement did not exist');
  });

  test('a pooler that has no record of a statement, and a client that ends', async () => {
    await using pooler = await bouncer();
    const sql = open(pooler.route(database), 1, { statementCache: { threshold: 1 } });
    await sql`select 1`;
    await track(pooler, 0);
    expect(await ask(sql, 1)).toBe(1);
    await track(pooler, 200);
    const asked = sql`select ${2}::int as n`.execute();
    const ended = sql.end();
    expect([...(await asked)]).toEqual([{ n: 2 }]);
    await ended;
    expect(pooler.log()).toContain('prepared statement did not exist');
  });

  test('a pooler that has no record of a statement, in a transaction', async () => {
    await using pooler = await bouncer();
    await using sql = open(pooler.route(database), 1, { statementCache: { threshold: 1 } });
    await sql`select 1`;
    await track(pooler, 0);
    await ask(sql, 1);
    await track(pooler, 200);
    await expect(sql.begin((tx) => ask(tx, 2))).rejects.toMatchObject({
      code: '08P01',
      hint: expect.stringContaining('docs/errors.md'),
    });
    await right(sql);
  });

  test('a pooler that comes back without tracking', async () => {
    await using pooler = await bouncer();
    await using sql = open(pooler.route(database), 4);
    await right(sql);
    await pooler.kill();
    await pooler.restart();
    await track(pooler, 0);
    await expect
      .poll(() =>
        ask(sql, 1).then(
          () => 'up',
          () => 'down',
        ),
      )
      .toBe('up');
    await right(sql);
    await right(sql);
  });
});
