import type { PoolsafeOptions } from '@poolsafe/core';
import { Pool } from '@poolsafe/pg';
import { type PgBouncer, startPgBouncer } from '@poolsafe/stack';
import pg from 'pg';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { type Database, openDatabase, type Route } from './database.ts';

const servers = inject('servers');
const database = await openDatabase(
  servers,
  `create function lose() returns int language plpgsql as $$ begin execute 'deallocate all'; return 1; end $$`,
  'create sequence runs',
  `create function run(state text) returns int language plpgsql as $$
     begin perform nextval('runs'); raise exception using errcode = state, message = 'mine'; end $$`,
  `create function peek(state text) returns text language plpgsql stable as $$
     begin
       if state = 'fine' then return state; end if;
       perform nextval('runs'); raise exception using errcode = state, message = 'mine';
     end $$`,
);
afterAll(() => database[Symbol.asyncDispose]());

type Kept = readonly [name: string, route: Route];
const kept: readonly Kept[] = [
  database.direct,
  database.told,
  database.through('1.24'),
  database.through('latest'),
].map((route) => [route.name, route] as const);
const tracked = kept.slice(2);

/** With one server connection, so that it is clear who shares it, the pooler apart. */
function open(route: Route, max = 1, options?: PoolsafeOptions): Pool & AsyncDisposable {
  const poolsafe = { ...route.poolsafe, ...options };
  const pool = new Pool({ connectionString: route.url, max, poolsafe });
  return Object.assign(pool, { [Symbol.asyncDispose]: () => pool.end() });
}

/** The same often enough that it is named, and prepared on every server connection. */
async function often(pool: Pool, text: string, values: unknown[] = []): Promise<unknown[]> {
  let rows: unknown[] = [];
  for (let n = 0; n < 12; n += 1) ({ rows } = await pool.query(text, values));
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
const admin = (text: string) => database.admin(text);

describe('a statement that is gone', () => {
  test.each(kept)('for the client that uses it, %s', async (_, route) => {
    await using pool = open(route);
    const name = await table('n int');
    const insert = `insert into ${name} values ($1) returning n`;
    await often(pool, insert, [1]);
    // On every server connection that there may be.
    await using others = open(route, 5);
    await Promise.all(Array.from({ length: 10 }, () => others.query('select lose(), pg_sleep(0.02)')));
    await pool.query('select lose()');
    for (let n = 0; n < 8; n += 1) expect((await pool.query(insert, [2])).rows).toEqual([{ n: 2 }]);
    const { rows } = await pool.query(`select count(*)::int from ${name} where n = 2`);
    expect(rows).toEqual([{ count: 8 }]);
  });

  test.each(kept)('in a transaction it fails with advice, and the next one works, %s', async (_, route) => {
    await using pool = open(route);
    const text = 'select 1 as one, $1::int as two';
    await often(pool, text, [2]);
    const client = await pool.connect();
    await client.query('begin');
    await client.query('select lose()');
    const error = await client.query(text, [2]).catch((error) => error);
    await client.query('rollback');
    client.release();
    expect(error).toMatchObject({ code: '26000' });
    if (route.poolsafe === undefined) expect(error.hint).toContain('docs/errors.md');
    for (let n = 0; n < 4; n += 1) {
      const next = await pool.connect();
      await next.query('begin');
      const { rows } = await next.query(text, [n]);
      await next.query('commit');
      next.release();
      expect(rows).toEqual([{ one: 1, two: n }]);
    }
  });

  test.each(kept)('DEALLOCATE ALL by the client itself, %s', async (_, route) => {
    await using pool = open(route);
    await often(pool, 'select 1 as one');
    await pool.query({
      text: 'deallocate all',
      poolsafe: { allow: ['POOLSAFE_SQL_PREPARE'] },
    } as pg.QueryConfig);
    expect(await often(pool, 'select 1 as one')).toEqual([{ one: 1 }]);
    // Nothing was lost that the connection had not known of.
    expect(pool.capabilities()).toMatchObject({ kept: 1 });
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
      await using pool = open(route);
      const text = `select * from ${name} order by 1`;
      expect(await often(pool, text)).toEqual([{ a: 1 }]);
      await change(name);
      const [expected] = await admin(text);
      expect(await often(pool, text)).toEqual([expected]);
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
    await using pool = open(route);
    const text = `select $1::${type}::text as mood`;
    expect(await often(pool, text, ['ok'])).toEqual([{ mood: 'ok' }]);
    await admin(`drop type ${type}; ${make}`);
    expect(await often(pool, text, ['ok'])).toEqual([{ mood: 'ok' }]);
    await using later = open(route);
    expect(await often(later, text, ['ok'])).toEqual([{ mood: 'ok' }]);
  });

  const refused = [
    ['int', 'text', 'abc'],
    ['text', 'int using a::int', 7],
    ['int', 'boolean using a = 1', true],
  ] as const;
  for (const [before, after, value] of refused) {
    test.each(kept)(`a parameter that fits only now, ${before} to ${after}, %s`, async (_, route) => {
      const name = await table(`a ${before}`);
      await using pool = open(route);
      const text = `insert into ${name} values ($1) returning a`;
      await often(pool, text, ['1']);
      await admin(`alter table ${name} alter a type ${after}`);
      expect((await pool.query(text, [value])).rows).toEqual([{ a: value }]);
    });
  }

  test.each(kept)('in a transaction the error stands, and the next one works, %s', async (_, route) => {
    const name = await table('a int');
    await using pool = open(route);
    const text = `select * from ${name}`;
    await often(pool, text);
    await admin(`alter table ${name} add b int`);
    const client = await pool.connect();
    await client.query('begin');
    await expect(client.query(text)).rejects.toMatchObject({ code: '0A000' });
    await client.query('rollback');
    await client.query('begin');
    expect((await client.query(text)).rows).toEqual([]);
    await client.query('commit');
    client.release();
  });
});

test.each(kept)('one text for other tables in each transaction, %s', async (_, route) => {
  const [one, other] = [await table('a int'), await table('a int')];
  for (const schema of [one, other]) {
    await admin(`create schema of_${schema}; grant usage on schema of_${schema} to ${database.role}`);
  }
  await admin(`alter table ${one} set schema of_${one}; alter table of_${one}.${one} rename to thing;
    alter table ${other} set schema of_${other}; alter table of_${other}.${other} rename to thing;
    alter table of_${other}.thing add b int; insert into of_${other}.thing values (2, 3);
    insert into of_${one}.thing values (1)`);
  await using pool = open(route);
  const ends: unknown[] = [];
  for (const schema of [one, one, one, other, one, other, one, other]) {
    const client = await pool.connect();
    await client.query('begin');
    await client.query('select set_config($1, $2, true)', ['search_path', `of_${schema}`]);
    ends.push(
      await client.query('select * from thing').then(
        ({ rows }) => rows[0],
        ({ code }) => code,
      ),
    );
    await client.query('rollback');
    client.release();
  }
  const [a, b] = [{ a: 1 }, { a: 2, b: 3 }];
  // It can fail once, where the first table had its name.
  expect([ends.slice(0, 3), ends.slice(4)]).toEqual([
    [a, a, a],
    [a, b, a, b],
  ]);
  expect([b, '0A000']).toContainEqual(ends[3]);
});

describe('nothing that may have run is sent again', () => {
  test.each(
    kept.flatMap(([name, route]) =>
      ['26000', '42P05', '0A000', 'XX000'].map((state) => [name, state, route] as const),
    ),
  )('%s, %s from within a function', async (_, state, route) => {
    await using pool = open(route);
    const text = 'select run($1)';
    const before = Number((await admin("select nextval('runs')"))[0]?.nextval);
    for (let n = 0; n < 5; n += 1) {
      await expect(pool.query(text, [state])).rejects.toMatchObject({ code: state, message: 'mine' });
    }
    expect(Number((await admin("select nextval('runs')"))[0]?.nextval)).toBe(before + 6);
  });

  test.each(
    kept.flatMap(([name, route]) =>
      ['26000', '0A000', '42883', '22012'].map((state) => [name, state, route] as const),
    ),
  )('%s, %s from within a function that is run when the statement is planned', async (_, state, route) => {
    const name = await table('a text');
    await admin(`insert into ${name} select i from generate_series(1, 100) i; analyze ${name}`);
    await using pool = open(route);
    const text = `select a from ${name} where a = peek($1)`;
    // No more often: PostgreSQL would make a plan for all parameters.
    for (let n = 0; n < 4; n += 1) await pool.query(text, ['fine']);
    const before = Number((await admin("select nextval('runs')"))[0]?.nextval);
    await expect(pool.query(text, [state])).rejects.toMatchObject({ code: state, message: 'mine' });
    expect(Number((await admin("select nextval('runs')"))[0]?.nextval)).toBe(before + 2);
  });
});

describe('types of parameters are those of the column', () => {
  const at = '2022-01-01T02:00:00-05:00';
  const expected = [{ utc: '2022-01-01 07:00:00' }];
  const stored = (name: string) => admin(`select (at at time zone 'utc')::text as utc from ${name}`);
  const change = (name: string) =>
    `truncate ${name}; alter table ${name} alter at type timestamptz using at at time zone 'utc'`;

  test.each(tracked)('pg with names stores another value, %s', async (_, route) => {
    const name = await table('at timestamp');
    const query = { name: 'insert', text: `insert into ${name} (at) values ($1)`, values: [at] };
    // One after the other, on the server connection that was used last.
    const insert = async () => {
      const client = new pg.Client(route.url);
      await client.connect();
      await client.query(query);
      await client.end();
    };
    await insert();
    await admin(change(name));
    await insert();
    expect(await stored(name)).toEqual([{ utc: '2022-01-01 02:00:00' }]);
  });

  test.each(kept)('for a client that starts after the change, %s', async (_, route) => {
    const name = await table('at timestamp');
    const text = `insert into ${name} (at) values ($1)`;
    await using before = open(route, 5);
    await Promise.all(Array.from({ length: 25 }, () => before.query(text, [at])));
    await admin(change(name));
    // And back, and again: a schema that looks like an older one is not that one.
    await admin(`alter table ${name} alter at type timestamp using at at time zone 'utc'`);
    await admin(change(name));
    await using after = open(route, 5);
    await Promise.all(Array.from({ length: 25 }, () => after.query(text, [at])));
    expect(new Set((await stored(name)).map(({ utc }) => utc))).toEqual(new Set([expected[0]?.utc]));
  });

  test.each(kept)('for an open connection, at once where the change came from here, %s', async (_, route) => {
    const name = await table('at timestamp');
    await admin(`alter table ${name} owner to ${database.role}`);
    const text = `insert into ${name} (at) values ($1)`;
    await using pool = open(route);
    await often(pool, text, [at]);
    await using migrator = open(route);
    await migrator.query(change(name));
    await pool.query(text, [at]);
    expect(await stored(name)).toEqual(expected);
  });

  test.each(kept)('the same, in a transaction that waits for its turn, %s', async (_, route) => {
    const name = await table('at timestamp');
    await admin(`alter table ${name} owner to ${database.role}`);
    const text = `insert into ${name} (at) values ($1)`;
    await using pool = open(route);
    await often(pool, text, [at]);
    await using migrator = open(route);
    const client = await migrator.connect();
    const warnings: unknown[] = [];
    const warned = (warning: Error) => void warnings.push(warning.name);
    process.on('warning', warned);
    const comments = Array.from({ length: 20 }, (_, n) => `comment on table ${name} is 'to alter ${n}'`);
    const all = ['select pg_sleep(0.1)', 'begin', ...comments, change(name), 'commit'];
    const running = Promise.all(all.map((statement) => client.query(statement)));
    await pool.query('select 1');
    await running;
    client.release();
    await pool.query(text, [at]);
    process.off('warning', warned);
    expect(await stored(name)).toEqual(expected);
    expect(warnings).not.toContain('MaxListenersExceededWarning');
  });

  test.each(kept)('for an open connection, after the maximum age, %s', async (_, route) => {
    const name = await table('at timestamp');
    const text = `insert into ${name} (at) values ($1)`;
    await using pool = open(route, 1, { statementCache: { maxAge: 1 } });
    await often(pool, text, [at]);
    await admin(change(name));
    await pool.query(text, [at]);
    expect(await stored(name)).toEqual(expected);
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
  const text = 'select $1::int as n';
  async function right(pool: Pool, rounds = 30): Promise<void> {
    const results = await Promise.all(
      Array.from({ length: rounds }, (_, n) => pool.query(text, [n]).then(({ rows }) => rows[0].n)),
    );
    expect(results).toEqual(Array.from({ length: rounds }, (_, n) => n));
  }

  test('tracking that is switched off, and on again', async () => {
    await using pooler = await bouncer();
    await using pool = open(pooler.route(database), 4);
    const clients = await Promise.all(Array.from({ length: 4 }, () => pool.connect()));
    await Promise.all(clients.map((client) => client.query('select 1')));
    for (const client of clients) client.release();
    await right(pool);
    expect(pool.capabilities()).toMatchObject({ connections: 4, kept: 4 });
    for (const statements of [0, 200, 0, 200]) {
      await track(pooler, statements);
      await right(pool);
      // Connections that came before, and those that come now.
      await using later = open(pooler.route(database), 4);
      await right(later);
      await right(pool);
    }
  });

  test.each(['promise', 'callback'])('a pooler that has no record of a statement, %s', async (form) => {
    await using pooler = await bouncer();
    await using pool = open(pooler.route(database), 1, { statementCache: { threshold: 1 } });
    const run = (n: number) =>
      form === 'promise'
        ? pool.query(text, [n])
        : new Promise<pg.QueryResult>((resolve, reject) => {
            pool.query(text, [n], (error, result) => (error ? reject(error) : resolve(result)));
          });
    await pool.query('select 1');
    await track(pooler, 0);
    expect((await run(1)).rows).toEqual([{ n: 1 }]);
    await track(pooler, 200);
    // It closes the connection of whoever uses a statement that was prepared meanwhile.
    expect((await run(2)).rows).toEqual([{ n: 2 }]);
    expect((await run(3)).rows).toEqual([{ n: 3 }]);
    expect(pooler.log()).toContain('prepared statement did not exist');
  });

  test('a pooler that has no record of a statement, in a transaction', async () => {
    await using pooler = await bouncer();
    await using pool = open(pooler.route(database), 1, { statementCache: { threshold: 1 } });
    await pool.query('select 1');
    await track(pooler, 0);
    await pool.query(text, [1]);
    await track(pooler, 200);
    const client = await pool.connect();
    await client.query('begin');
    await expect(client.query(text, [2])).rejects.toMatchObject({
      code: '08P01',
      hint: expect.stringContaining('docs/errors.md'),
    });
    client.release();
    await right(pool);
  });

  test('a pooler that comes back without tracking', async () => {
    await using pooler = await bouncer();
    await using pool = open(pooler.route(database), 4);
    await right(pool);
    await pooler.kill();
    await pooler.restart();
    await track(pooler, 0);
    await expect
      .poll(() =>
        pool.query('select 1').then(
          () => 'up',
          () => 'down',
        ),
      )
      .toBe('up');
    await right(pool);
    await right(pool);
  });

  test('two poolers behind one address', async () => {
    await using tracking = await bouncer();
    await using classic = await bouncer();
    await track(classic, 0);
    const routes = [tracking, classic].map((pooler) => pooler.route(database).url);
    let turn = 0;
    class Balanced extends pg.Client {
      constructor(config: pg.ClientConfig) {
        super({ ...config, connectionString: routes[turn++ % 2] as string });
      }
    }
    const pool = new Pool({ connectionString: routes[0] as string, max: 6, Client: Balanced as never });
    for (let round = 0; round < 10; round += 1) await right(pool, 60);
    const { connections, kept } = pool.capabilities();
    expect(connections).toBe(6);
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(6);
    await pool.end();
  });
});
