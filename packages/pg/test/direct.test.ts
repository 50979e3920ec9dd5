import { Client, ConfigError, Pool, type PoolConfig, withSettings } from '@poolsafe/pg';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { laneOf, makeGate, openLanes, ownName, pidsOf } from './lanes.ts';

const database = await openLanes('create table note (body text)');
afterAll(() => database[Symbol.asyncDispose]());

const failure = (work: () => Promise<unknown>): Promise<Error> =>
  work().then(
    () => Promise.reject(new Error('It did not fail.')),
    (error) => error,
  );

test.each(['1.18', 'latest'])('a session is one, and nothing is refused in it | %s', async (pooler) => {
  await using pool = laneOf(database, {}, pooler);
  await expect(pool.query("set work_mem = '5MB'")).rejects.toMatchObject({ code: 'POOLSAFE_SESSION_SET' });
  const seen = await pool.session(async (client) => {
    await client.query("set work_mem = '5MB'");
    await client.query('create temporary table chosen as select 1 as id');
    await client.query('select pg_advisory_lock(7)');
    const { rows } = await client.query("select current_setting('work_mem') as mem, id from chosen");
    return [rows, client instanceof Client, client.port];
  });
  expect(seen).toEqual([[{ mem: '5MB', id: 1 }], true, new pg.Client(database.direct.url).port]);
});

test('nothing of a session reaches the next one', async () => {
  const name = ownName();
  await using pool = laneOf(database, { application_name: name });
  const pids = new Set<number>();
  for (let n = 0; n < 3; n += 1) {
    await pool.session(async (client) => {
      const { rows } = await client.query(
        "select pg_backend_pid() as pid, current_setting('app.k', true) as k, to_regclass('chosen') as chosen",
      );
      expect(rows[0]).toMatchObject({ k: null, chosen: null });
      pids.add(rows[0].pid);
      await client.query("set app.k = 'leaked'");
      await client.query('create temporary table chosen ()');
    });
  }
  expect(pids.size).toBe(3);
  await expect.poll(() => pidsOf(database, name)).toEqual([]);
});

test('whoever releases the client by habit does not hand it to the next', async () => {
  await using pool = laneOf(database);
  const first = await pool.session(async (client) => {
    (client as unknown as pg.PoolClient).release();
    return (await client.query('select pg_backend_pid() as pid')).rows[0].pid;
  });
  expect(
    await pool.session(async (client) => (await client.query('select pg_backend_pid() as pid')).rows[0].pid),
  ).not.toBe(first);
});

test('the options of the pool count, but for the address', async () => {
  class Mine extends Client {
    readonly mine = true;
  }
  const types = { getTypeParser: () => () => 'parsed' } as unknown as pg.CustomTypesConfig;
  const name = ownName();
  await using pool = laneOf(database, {
    Client: Mine as never,
    types,
    application_name: name,
  });
  await pool.session(async (client) => {
    expect(client).toBeInstanceOf(Mine);
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 'parsed' }]);
    expect(await pidsOf(database, name)).toHaveLength(1);
  });
});

test('what leads elsewhere than the URL says is left out', async () => {
  const { host, port } = new pg.Client(database.through('1.18').url);
  await using pool = laneOf(database, {
    connectionString: undefined,
    host,
    port,
    user: database.role,
    password: database.password,
    database: database.role,
    stream: () => {
      throw new Error('not this one');
    },
  } as PoolConfig);
  expect(await pool.session((client) => client.port)).toBe(new pg.Client(database.direct.url).port);
});

test('a password that a function gives, for a URL without one', async () => {
  const asked: unknown[] = [];
  const url = database.direct.url.replace(/:[^:@]+@/, '@');
  const { host, port } = new pg.Client(database.through('latest').url);
  await using pool = laneOf(database, {
    connectionString: undefined,
    host,
    port,
    user: database.role,
    database: database.role,
    password: () => {
      asked.push(1);
      return database.password;
    },
    poolsafe: { direct: url },
  } as PoolConfig);
  expect(await pool.session(async (client) => (await client.query('select 1 as one')).rows)).toEqual([
    { one: 1 },
  ]);
  expect(asked).toEqual([1]);
});

test('where the pool itself leads to PostgreSQL, so does its session', async () => {
  const pool = new Pool({ connectionString: database.direct.url, poolsafe: { pooler: 'direct' } });
  expect(await pool.session(async (client) => (await client.query('select 1 as one')).rows)).toEqual([
    { one: 1 },
  ]);
  await pool.end();
});

test('five at a time: the others wait, as long as the options say', async () => {
  const name = ownName();
  await using pool = laneOf(database, { application_name: name, connectionTimeoutMillis: 2000 });
  const gate = makeGate();
  const entered: number[] = [];
  const sessions = [1, 2, 3, 4, 5].map((n) =>
    pool.session(async () => {
      entered.push(n);
      await gate.opened;
    }),
  );
  await expect.poll(() => entered.length).toBe(5);
  const late = failure(() => pool.session(() => {}));
  expect(await late).toMatchObject({ message: 'timeout exceeded when trying to connect' });
  expect(await pidsOf(database, name)).toHaveLength(5);
  const waiting = pool.session(() => 'served');
  gate.open();
  await Promise.all(sessions);
  expect(await waiting).toBe('served');
});

test('what the work throws comes out, and the connection is closed', async () => {
  const name = ownName();
  await using pool = laneOf(database, { application_name: name });
  const thrown = new Error('mine');
  expect(await failure(() => pool.session(() => Promise.reject(thrown)))).toBe(thrown);
  const throwing = () => {
    throw thrown;
  };
  expect(await failure(() => pool.session(throwing))).toBe(thrown);
  expect(await failure(() => pool.session((client) => client.query('select 1 / 0')))).toMatchObject({
    code: '22012',
  });
  await expect.poll(() => pidsOf(database, name)).toEqual([]);
});

test('a lost connection fails what runs on it, and nothing else', async () => {
  await using pool = laneOf(database);
  const text = 'select pg_terminate_backend(pg_backend_pid())';
  for (let n = 0; n < 6; n += 1) {
    expect(await failure(() => pool.session((client) => client.query(text)))).toMatchObject({
      code: '57P01',
    });
    expect(await pool.session((client) => client.query(text).catch(() => 'went on'))).toBe('went on');
  }
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

test('nobody listens there', async () => {
  await using pool = laneOf(database, { poolsafe: { direct: 'postgres://127.0.0.1:1/shop' } });
  expect(await failure(() => pool.session(() => {}))).toMatchObject({ code: 'ECONNREFUSED' });
});

test('end() waits for the sessions, those that wait for their turn included', async () => {
  const pool = laneOf(database);
  const gate = makeGate();
  const order: string[] = [];
  const sessions = Array.from({ length: 6 }, (_, n) =>
    pool.session(async () => {
      await gate.opened;
      order.push(`session ${n}`);
    }),
  );
  const ended = pool.end().then(() => order.push('end'));
  const after = await failure(() => pool.session(() => {}));
  expect(after.message).toBe('Cannot use a pool after calling end on the pool');
  gate.open();
  await Promise.all([...sessions, ended]);
  expect(order).toHaveLength(7);
  expect(order.at(-1)).toBe('end');
  expect((await failure(() => pool.end())).message).toBe('Called end on pool more than once');
});

test('end() with a callback', async () => {
  const pool = laneOf(database);
  await pool.session(() => {});
  expect(
    await new Promise((resolve) => pool.end(((...given: unknown[]) => resolve(given)) as () => void)),
  ).toEqual([undefined]);
  const again = await new Promise((resolve) => pool.end(resolve as () => void));
  expect(again).toMatchObject({ message: 'Called end on pool more than once' });
});

test('settings in force are in force there', async () => {
  await using pool = laneOf(database);
  const asked = "select current_setting('app.k', true) as k";
  const seen = await withSettings({ 'app.k': 'v' }, () =>
    pool.session(async (client) => (await client.query(asked)).rows[0].k),
  );
  expect(seen).toBe('v');
});

const neon = { connectionString: 'postgres://u:hunter2@ep-x-pooler.eu.aws.neon.tech/shop' };
interface Refused {
  readonly title: string;
  readonly config?: PoolConfig;
  readonly work?: (pool: Pool) => Promise<unknown>;
  readonly says: readonly RegExp[];
  readonly saysNot?: RegExp;
}

const refused: readonly Refused[] = [
  { title: 'session()', says: [/pool\.session\(\) needs.*Neon/s, /Connect.*-pooler/s], saysNot: /Heroku/ },
  {
    title: 'listen()',
    work: (pool) => pool.listen('c', () => {}),
    says: [/pool\.listen\(\) needs/, /-pooler/],
  },
  {
    title: 'withAdvisoryLock()',
    work: (pool) => pool.withAdvisoryLock('k', () => {}, { scope: 'session' }),
    says: [/pool\.withAdvisoryLock\(\) with `scope: 'session'` needs/],
  },
  {
    title: 'an unknown host',
    config: { connectionString: 'postgres://u:hunter2@127.0.0.1:1/shop' },
    says: [/unrecognised/, /Supabase:.*Neon:.*Azure.*Heroku:/s, /pooler: 'direct'/],
  },
];

test.each(refused)('refused without `direct` | $title', async ({ config, work, says, saysNot }) => {
  const pool = new Pool(config ?? neon);
  const error = await failure(() => (work ?? (() => pool.session(() => {})))(pool));
  await pool.end();
  expect(error).toBeInstanceOf(ConfigError);
  for (const pattern of says) expect(error.message).toMatch(pattern);
  if (saysNot) expect(error.message).not.toMatch(saysNot);
  expect(error.message).not.toContain('hunter2');
});
