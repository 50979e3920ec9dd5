import postgres, { ConfigError, withSettings } from '@poolsafe/postgres';
import { afterAll, expect, test } from 'vitest';
import { makeGate, openLanes, ownName, pidsOf } from '../../pg/test/lanes.ts';
import { failure, laneOf, named } from './lanes.ts';

const database = await openLanes('create table note (body text)');
afterAll(() => database[Symbol.asyncDispose]());

const portOf = (url: string) => Number(new URL(url).port);

test.each(['1.18', 'latest'])('a session is one, and nothing is refused in it | %s', async (pooler) => {
  await using sql = laneOf(database, {}, pooler);
  expect(await failure(sql`set work_mem = '5MB'`)).toMatchObject({ code: 'POOLSAFE_SESSION_SET' });
  const seen = await sql.session(async (sql) => {
    await sql`set work_mem = '5MB'`;
    await sql`create temporary table chosen as select 1 as id`;
    await sql`select pg_advisory_lock(${7})`;
    return await sql`select current_setting('work_mem') as mem, id, inet_server_port() as port from chosen`;
  });
  expect(seen).toEqual([{ mem: '5MB', id: 1, port: portOf(database.direct.url) }]);
});

test('nothing of a session reaches the next one, and its connection is closed', async () => {
  const name = ownName();
  await using sql = laneOf(database, named(name));
  const pids = new Set<number>();
  for (let n = 0; n < 3; n += 1) {
    await sql.session(async (sql) => {
      const [row] = await sql`
        select pg_backend_pid() as pid, current_setting('app.k', true) as k, to_regclass('chosen') as chosen`;
      expect(row).toMatchObject({ k: null, chosen: null });
      pids.add(row?.pid);
      await sql`set app.k = 'leaked'`;
      await sql`create temporary table chosen ()`;
      if (n < 2) return;
      // Left open, and rolled back.
      await sql`begin`;
      await sql`insert into note values ('not kept')`;
    });
  }
  expect(pids.size).toBe(3);
  await expect.poll(() => pidsOf(database, name)).toEqual([]);
  expect(await database.admin('select body from note')).toEqual([]);
});

test('what still runs when the work is done fails, and its connection is closed', async () => {
  const name = ownName();
  await using sql = laneOf(database, named(name));
  const running: Promise<unknown>[] = [];
  await sql.session(async (sql) => {
    await sql`select 1`;
    running.push(failure(sql`select pg_sleep(60)`), failure(sql`select 2`));
    await expect
      .poll(() =>
        database.admin(
          "select 1 from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active' and application_name = $1",
          [name],
        ),
      )
      .toHaveLength(1);
  });
  expect(await Promise.all(running)).toMatchObject([
    { code: 'CONNECTION_CLOSED' },
    { code: 'CONNECTION_CLOSED' },
  ]);
  expect(await sql.session((sql) => sql`select 1 as one`)).toEqual([{ one: 1 }]);
});

test('transactions and savepoints of a session, one at a time', async () => {
  await using sql = laneOf(database);
  const seen = await sql.session(async (sql) => {
    await sql`create temporary table chosen (n int)`;
    await sql
      .begin(async (tx) => {
        await tx`insert into chosen values (1)`;
        await failure(tx.savepoint((sp) => sp`select 1 / 0`));
        expect(await failure(sql.begin((inner) => inner`select 1`))).toMatchObject({
          code: 'UNSAFE_TRANSACTION',
        });
        return 'committed';
      })
      .catch((error) => {
        throw error;
      });
    const undone = await failure(
      sql.begin('isolation level serializable', async (tx) => {
        await tx`insert into chosen values (2)`;
        throw new Error('mine');
      }),
    );
    return [undone.message, await sql`select n from chosen`];
  });
  expect(seen).toEqual(['mine', [{ n: 1 }]]);
});

test('a list of queries is what they give', async () => {
  await using sql = laneOf(database);
  expect(await sql.session((sql) => [sql`select 1 as a`, sql`select 2 as b`] as const)).toEqual([
    [{ a: 1 }],
    [{ b: 2 }],
  ]);
});

test('the options of the client count, but for the address', async () => {
  const options = { transform: postgres.camel, types: { bigint: postgres.BigInt } };
  await using sql = laneOf(database, { ...options, ...named('named') } as never);
  Object.assign(sql.options.parsers, { 25: () => 'parsed' });
  const seen = await sql.session(
    (sql) => sql`
    select current_setting('application_name') as first_one, 7::int8 as big, inet_server_port() as port`,
  );
  expect(seen).toEqual([{ firstOne: 'parsed', big: 7n, port: portOf(database.direct.url) }]);
});

test('what leads elsewhere than the URL says is left out, and what it does not say comes from the options', async () => {
  const { hostname, port } = new URL(database.through('1.18').url);
  const given = {
    host: hostname,
    port: Number(port),
    user: database.role,
    password: () => database.password,
    database: database.role,
    socket: () => {
      throw new Error('not this one');
    },
  };
  const direct = database.direct.url.replace(/\/\/.*@/, '//');
  const sql = postgres({ ...given, poolsafe: { direct } } as never);
  const seen = await sql.session((sql) => sql`select inet_server_port() as port`);
  await sql.end();
  expect(seen).toEqual([{ port: portOf(database.direct.url) }]);
  const wrong = {
    ...given,
    user: 'nobody',
    password: 'wrong',
    socket: undefined,
    poolsafe: { direct: database.direct.url },
  };
  const other = postgres(wrong as never);
  expect(await other.session((sql) => sql`select 1 as one`)).toEqual([{ one: 1 }]);
  await other.end();
});

test('where the client itself leads to PostgreSQL, so does its session', async () => {
  const sql = postgres(database.direct.url, { max: 1, poolsafe: { pooler: 'direct' } });
  const reserved = await sql.reserve();
  // Beside the pool.
  expect(await sql.session((sql) => sql`select 1 as one`)).toEqual([{ one: 1 }]);
  reserved.release();
  await sql.end();
});

test('five at a time: the others wait', async () => {
  const name = ownName();
  await using sql = laneOf(database, named(name));
  const gate = makeGate();
  const entered: number[] = [];
  const sessions = [1, 2, 3, 4, 5, 6].map((n) =>
    sql.session(async () => {
      entered.push(n);
      await gate.opened;
    }),
  );
  await expect.poll(() => entered.length).toBe(5);
  expect(await pidsOf(database, name)).toHaveLength(5);
  gate.open();
  await Promise.all(sessions);
  expect(entered).toHaveLength(6);
});

test('what the work throws comes out, and the connection is closed', async () => {
  const name = ownName();
  await using sql = laneOf(database, named(name));
  const thrown = new Error('mine');
  expect(await failure(sql.session(() => Promise.reject(thrown)))).toBe(thrown);
  const throwing = () => {
    throw thrown;
  };
  expect(await failure(sql.session(throwing))).toBe(thrown);
  expect(await failure(sql.session((sql) => sql`select 1 / 0`))).toMatchObject({ code: '22012' });
  await expect.poll(() => pidsOf(database, name)).toEqual([]);
});

test('a lost connection fails what runs on it, and nothing else', async () => {
  await using sql = laneOf(database);
  for (let n = 0; n < 6; n += 1) {
    const lost = sql.session((sql) => sql`select pg_terminate_backend(pg_backend_pid())`);
    expect(await failure(lost)).toMatchObject({ code: '57P01' });
    const goesOn = (sql: postgres.ISql) =>
      sql`select pg_terminate_backend(pg_backend_pid())`.catch(() => 'went on');
    expect(await sql.session(goesOn)).toBe('went on');
  }
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
});

test('nobody listens there', async () => {
  await using sql = laneOf(database, { poolsafe: { direct: 'postgres://127.0.0.1:1/shop' } });
  expect(await failure(sql.session(() => {}))).toMatchObject({ code: 'ECONNREFUSED' });
});

test('end() waits for the sessions, those that wait for their turn included; nothing begins after it', async () => {
  const sql = laneOf(database);
  const gate = makeGate();
  const order: string[] = [];
  const sessions = Array.from({ length: 6 }, (_, n) =>
    sql.session(async () => {
      await gate.opened;
      order.push(`session ${n}`);
    }),
  );
  const ended = sql.end().then(() => order.push('end'));
  await null;
  const late = [sql.session(() => {}), sql.withAdvisoryLock('k', () => {}), sql.listen('a', () => {})];
  const errors = await Promise.all(late.map((one) => failure(one as Promise<unknown>)));
  gate.open();
  await Promise.all([...sessions, ended]);
  expect(errors.map(({ code }) => code)).toEqual(errors.map(() => 'CONNECTION_ENDED'));
  expect([order.length, order.at(-1)]).toEqual([7, 'end']);
});

test('end({ timeout }) does not wait for a session longer than that', async () => {
  const sql = laneOf(database);
  const held = makeGate();
  const session = failure(
    sql.session(async (sql) => {
      await sql`select 1`;
      held.open();
      await sql`select pg_sleep(60)`;
    }),
  );
  await held.opened;
  await sql.end({ timeout: 0.1 });
  expect(await session).toMatchObject({ code: 'CONNECTION_DESTROYED' });
});

test('settings in force are in force there', async () => {
  await using sql = laneOf(database);
  const seen = await withSettings({ 'app.k': 'v' }, () =>
    sql.session((sql) => sql`select current_setting('app.k', true) as k`),
  );
  expect(seen).toEqual([{ k: 'v' }]);
});

test.each(['session', 'withAdvisoryLock'] as const)(
  'without a direct lane, %s() says where it is found',
  async (name) => {
    const sql = postgres('postgres://u:hunter2@ep-x-pooler.eu.aws.neon.tech/shop');
    const error = await failure(
      name === 'session' ? sql.session(() => {}) : sql.withAdvisoryLock('k', () => {}, { scope: 'session' }),
    );
    await sql.end();
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(new RegExp(`sql\\.${name}\\(\\).*needs a connection.*Neon.*-pooler`, 's'));
    expect(error.message).not.toContain('hunter2');
  },
);
