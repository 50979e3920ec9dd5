import { Client, Pool, type PoolConfig, PoolsafeError, withSettings } from '@poolsafe/pg';
import { countFlights } from '@poolsafe/stack';
import pg from 'pg';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openDatabase, type Route } from './database.ts';
import { left, notesOf } from './tenants.ts';

const tenants = 50;
const database = await openDatabase(inject('servers'), notesOf(tenants));
afterAll(() => database[Symbol.asyncDispose]());
const routes = [...database.routes, database.told].map((route) => [route.name, route] as const);
const latest = database.through('latest');

const as = <T>(tenant: number, work: () => T) => withSettings({ 'app.tenant_id': tenant }, work);
const mine = "select body, current_setting('app.tenant_id') as tenant from note";
const ofTenant = (n: number) => [{ body: `of ${n}`, tenant: String(n) }];

function opened({ url, poolsafe }: Route, options: PoolConfig = {}) {
  const pool = new Pool({ connectionString: url, ...options, ...(poolsafe && { poolsafe }) });
  return Object.assign(pool, { [Symbol.asyncDispose]: () => pool.end() });
}

async function withClient<T>(pool: Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'fine',
    ({ code, message }) => code ?? message,
  );

describe('a statement on its own', () => {
  test.each(routes)('has the settings, and leaves nothing, %s', async (_, route) => {
    await using pool = opened(route);
    for (let n = 1; n <= 5; n += 1) {
      expect((await as(n, () => pool.query(mine))).rows).toEqual(ofTenant(n));
      expect((await as(n, () => pool.query(`${mine} where id > $1`, [0]))).rows).toEqual(ofTenant(n));
    }
    expect((await pool.query('select body from note')).rows).toEqual([]);
    expect(await left(route, 'app.tenant_id')).toEqual(['']);
  });

  test.each(routes)('may write, and what fails is undone, %s', async (_, route) => {
    await using pool = opened(route, { max: 1 });
    const add = "insert into note (tenant, body) values ($1, 'new') returning tenant";
    expect(await codeOf(as(3, () => pool.query(add, [4])))).toBe('42501');
    expect((await as(3, () => pool.query(add, [3]))).rows).toEqual([{ tenant: 3 }]);
    expect((await as(3, () => pool.query("delete from note where body = 'new'"))).rowCount).toBe(1);
  });

  test.each(routes)('may be a cursor, a stream or a Query object, %s', async (_, route) => {
    await using pool = opened(route, { max: 1 });
    for (let n = 1; n <= 3; n += 1) {
      await withClient(pool, async (client) => {
        const cursor = as(n, () => client.query(new Cursor(`${mine} where id > $1`, [0])));
        expect(await (await cursor).read(9)).toEqual(ofTenant(n));
        await (await cursor).close();
        const rows: unknown[] = [];
        await as(n, async () => {
          for await (const row of client.query(new QueryStream(mine))) rows.push(row);
        });
        expect(rows).toEqual(ofTenant(n));
        const result = as(
          n,
          () =>
            new Promise<pg.QueryResult>((resolve, reject) => {
              const done = (error: Error, given: pg.QueryResult) => (error ? reject(error) : resolve(given));
              client.query(new pg.Query(mine, done as never));
            }),
        );
        expect((await result).rows).toEqual(ofTenant(n));
        expect((await client.query('select body from note')).rows).toEqual([]);
      });
    }
    expect(await left(route, 'app.tenant_id')).toEqual(['']);
  });

  test.each(routes)('takes one round trip, and a transaction two, %s', async (_, route) => {
    const url = new URL(route.url);
    await using counter = await countFlights({ host: url.hostname, port: Number(url.port) });
    url.port = String(counter.port);
    await using pool = opened({ ...route, url: url.href }, { max: 1 });
    for (let n = 0; n < 5; n += 1) await as(1, () => pool.query(`${mine} where id > $1`, [0]));
    const flights = async (work: () => Promise<unknown>) => {
      const before = counter.flights;
      await as(1, work);
      return counter.flights - before;
    };
    expect(await flights(() => pool.query(`${mine} where id > $1`, [0]))).toBe(1);
    expect(await flights(() => pool.query(mine))).toBe(1);
    const transaction = () =>
      withClient(pool, async (client) => {
        await client.query('begin');
        await client.query(mine);
        await client.query('commit');
      });
    expect(await flights(transaction)).toBe(2);
    // It says nothing about the statement, which is prepared by now, so that it would be sent once more.
    const failing = () => withSettings({ role: 'nobody' }, () => pool.query(`${mine} where id > $1`, [0]));
    expect(await flights(() => codeOf(failing()))).toBe(1);
  });
});

describe('a transaction', () => {
  test.each(routes)(
    'has the settings that were in force when it began, until its end, %s',
    async (_, route) => {
      await using pool = opened(route, { max: 1 });
      await withClient(pool, async (client) => {
        await as(7, () => client.query('begin isolation level repeatable read'));
        expect((await client.query(mine)).rows).toEqual(ofTenant(7));
        expect((await as(7, () => client.query(mine))).rows).toEqual(ofTenant(7));
        await expect(as(8, () => client.query(mine))).rejects.toMatchObject({ code: 'POOLSAFE_SETTINGS' });
        await client.query('savepoint a');
        await client.query('select 1 / 0').catch(() => {});
        await client.query('rollback to a');
        expect((await client.query(mine)).rows).toEqual(ofTenant(7));
        expect(await client.query(new Cursor(mine)).read(9)).toEqual(ofTenant(7));
        await client.query('commit');
        expect((await client.query('select body from note')).rows).toEqual([]);
      });
    },
  );

  test('that began without them is not given any later', async () => {
    await using pool = opened(latest, { max: 1 });
    await withClient(pool, async (client) => {
      await client.query('begin');
      await expect(as(8, () => client.query(mine))).rejects.toMatchObject({ code: 'POOLSAFE_SETTINGS' });
      await client.query('rollback');
      expect((await as(8, () => client.query(mine))).rows).toEqual(ofTenant(8));
      await as(8, () => client.query('begin'));
      expect((await client.query(mine)).rows).toEqual(ofTenant(8));
      await client.query('commit');
      // Sent as it is, and not within the scope that the last one had.
      await new Promise((resolve) => client.query(new pg.Query('begin', resolve)));
      await expect(as(8, () => client.query(mine))).rejects.toMatchObject({ code: 'POOLSAFE_SETTINGS' });
      await client.query('rollback');
    });
  });

  test.each(routes)(
    'has them with deferBegin: false, and before a cursor or several statements, %s',
    async (_, route) => {
      const poolsafe = { ...route.poolsafe, deferBegin: false };
      await using pool = opened({ ...route, poolsafe }, { max: 1 });
      await withClient(pool, async (client) => {
        await as(2, async () => {
          await client.query('begin');
          expect(await client.query(new Cursor(mine)).read(9)).toEqual(ofTenant(2));
          await client.query('commit');
          await client.query('begin');
          const results = (await client.query(`select 1; ${mine}`)) as unknown as pg.QueryResult[];
          expect(results[1]?.rows).toEqual(ofTenant(2));
          await client.query('commit');
        });
      });
    },
  );
});

describe('settings', () => {
  const asked = `select current_setting('app.a', true) as a, current_setting('app.b', true) as b,
    current_setting('statement_timeout') as timeout, current_user::text as role`;

  test('scopes in scopes add, and win', async () => {
    await using pool = opened(latest);
    const { rows } = await withSettings({ 'app.a': 'outer', 'App.B': true, statement_timeout: 2000 }, () =>
      withSettings({ 'APP.a': "inner's \\ $1", role: 'none' }, () => pool.query(asked)),
    );
    expect(rows).toEqual([{ a: "inner's \\ $1", b: 'true', timeout: '2s', role: database.role }]);
  });

  test('Promise.all, and what is awaited by the caller', async () => {
    await using pool = opened(latest, { max: 3 });
    const all = await as(5, () => Promise.all(Array.from({ length: 20 }, () => pool.query(mine))));
    expect(all.map(({ rows }) => rows)).toEqual(Array.from({ length: 20 }, () => ofTenant(5)));
    let started = false;
    const lazy = {
      // biome-ignore lint/suspicious/noThenProperty: as the queries of ORMs, which run when they are awaited.
      then(...given: Parameters<Promise<pg.QueryResult>['then']>) {
        started = true;
        return pool.query(mine).then(...given);
      },
    };
    const result = as(6, () => lazy);
    expect(((await result) as pg.QueryResult).rows).toEqual(ofTenant(6));
    expect(started).toBe(true);
  });

  test.each(routes)('one that fails fails the statement, which does not run, %s', async (_, route) => {
    await using pool = opened(route, { max: 1 });
    const add = () => pool.query("insert into note (tenant, body) values (1, 'bad') returning id");
    const wrong = { role: 'nobody_at_all', 'app.tenant_id': 1 };
    for (let n = 0; n < 3; n += 1) expect(await codeOf(withSettings(wrong, add))).toBe('22023');
    expect(await codeOf(withSettings({ statement_timeout: 'soon' }, add))).toBe('22023');
    expect(await codeOf(withSettings({ nothing_known: 1 }, add))).toBe('42704');
    await withClient(pool, async (client) => {
      await withSettings(wrong, () => client.query('begin'));
      expect(await codeOf(client.query("insert into note (tenant, body) values (1, 'bad')"))).toBe('22023');
      expect(await codeOf(client.query('select 1'))).toBe('25P02');
      await client.query('rollback');
    });
    expect((await as(1, () => pool.query(mine))).rows).toEqual(ofTenant(1));
  });

  test.each(routes)('one that fails takes no name from what comes behind it, %s', async (_, route) => {
    await using pool = opened(route, { max: 1 });
    // By then the connection knows whether names are kept, and the next execution gets one.
    for (let n = 0; n < 2; n += 1) await pool.query('select 1');
    const ask = (client: pg.PoolClient) => codeOf(client.query('select $1::int as n', [1]));
    const inTransaction = () =>
      withClient(pool, async (client) => {
        await client.query('begin');
        const code = await ask(client);
        await client.query('rollback');
        return code;
      });
    const asNobody = () => withSettings({ role: 'nobody_at_all' }, inTransaction);
    const codes = [await asNobody(), await asNobody(), await asNobody(), await as(1, inTransaction)];
    expect([...codes, await inTransaction()]).toEqual(['22023', '22023', '22023', 'fine', 'fine']);
  });

  test.each([
    [{ 'app.tenant_id': undefined }, 'no value for `app.tenant_id`'],
    [{ 'app.tenant_id': null }, 'no value'],
    [{ 'app.tenant_id': {} }, 'no text'],
    [{ statement_timeout: Number.NaN }, 'no text'],
    [{ "a'b": 1 }, 'no name of a setting'],
    [['a'], 'object'],
    [null, 'object'],
  ])('%j is refused', async (given, message) => {
    let ran = false;
    const work = () => {
      ran = true;
    };
    const error = await withSettings(given as never, work).catch((error) => error);
    expect(PoolsafeError.is(error) && error.code).toBe('POOLSAFE_SETTINGS');
    expect(String(error)).toContain(message);
    expect(ran).toBe(false);
  });

  test.each(routes)('a statement_timeout cancels in time, and nobody else, %s', async (_, route) => {
    await using pool = opened(route, { max: 2 });
    const slow = () => pool.query('select pg_sleep(0.4)');
    const [within, without] = await Promise.all([
      codeOf(withSettings({ statement_timeout: 100 }, slow)),
      codeOf(slow()),
    ]);
    expect([within, without]).toEqual(['57014', 'fine']);
    expect(await codeOf(slow())).toBe('fine');
  });
});

describe('what cannot run with settings', () => {
  test.each([
    'select 1; select 2',
    'vacuum note',
    'create index concurrently on note (tenant)',
    'do $$ begin commit; end $$',
    'select $1',
  ])('%s', async (text) => {
    await using pool = opened(latest, { max: 1 });
    await expect(as(1, () => pool.query(text))).rejects.toMatchObject({ code: 'POOLSAFE_SETTINGS' });
    await withClient(pool, async (client) => {
      await expect(as(1, () => client.query(text))).rejects.toMatchObject({ code: 'POOLSAFE_SETTINGS' });
    });
    expect((await as(1, () => pool.query(mine))).rows).toEqual(ofTenant(1));
  });

  test('a chained transaction, a Query with a name, pipeline mode', async () => {
    await using pool = opened(latest, { max: 1 });
    const refused = { code: 'POOLSAFE_SETTINGS' };
    await withClient(pool, async (client) => {
      await as(1, async () => {
        await client.query('begin');
        await client.query(mine);
        await expect(client.query('commit and chain')).rejects.toMatchObject(refused);
        await expect(client.query('select 1; commit; select 2')).rejects.toMatchObject(refused);
        await client.query('rollback');
      });
    });
    const client = new Client({ connectionString: latest.url });
    await client.connect();
    Object.assign(client, { pipeline: true });
    await expect(as(1, () => client.query(mine))).rejects.toMatchObject(refused);
    await client.end();
  });
});

test.each(routes)('1,000 requests of 50 tenants over 20 clients see their own rows, %s', async (_, route) => {
  await using pool = opened(route, { max: 20 });
  let [seen, wrong] = [0, 0];
  const look = (tenant: number, rows: unknown) => {
    seen += 1;
    if (JSON.stringify(rows) !== JSON.stringify(ofTenant(tenant))) wrong += 1;
  };
  const request = async (n: number) => {
    const tenant = (n % tenants) + 1;
    if (n % 4 === 0) {
      // Nobody: the request of an application that sets nothing.
      if ((await pool.query('select body from note')).rows.length > 0) wrong += 1;
    }
    await as(tenant, async () => {
      const [one, other] = await Promise.all([pool.query(mine), pool.query(`${mine} where id > $1`, [0])]);
      look(tenant, one.rows);
      look(tenant, other.rows);
      await withClient(pool, async (client) => {
        await client.query('begin');
        look(tenant, (await client.query(mine)).rows);
        await client.query(n % 3 === 0 ? 'rollback' : 'commit');
      });
      await new Promise((resolve) =>
        pool.query(mine, (error, result) => resolve(look(tenant, error ?? result.rows))),
      );
    });
  };
  await Promise.all(Array.from({ length: 1000 }, (_, n) => request(n)));
  expect({ seen, wrong }).toEqual({ seen: 4000, wrong: 0 });
  expect(await left(route, 'app.tenant_id')).toEqual(['']);
});
