import { once } from 'node:events';
import net from 'node:net';
import { Client, Pool, type PoolConfig } from '@poolsafe/pg';
import { countFlights, startPgBouncer } from '@poolsafe/stack';
import pg from 'pg';
import Cursor from 'pg-cursor';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openDatabase, type Route } from './database.ts';

const servers = inject('servers');
const database = await openDatabase(servers, 'create table item (id int primary key)');
afterAll(() => database[Symbol.asyncDispose]());
const routes = [...database.routes, database.told].map((route) => [route.name, route] as const);

async function connected(route: Pick<Route, 'url' | 'poolsafe'>, options: PoolConfig = {}) {
  const client = new Client({
    connectionString: route.url,
    ...options,
    ...(route.poolsafe && { poolsafe: route.poolsafe }),
  });
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'fine',
    ({ code, message }) => code ?? message,
  );

describe('round trips', () => {
  /** Of each text, one after the other. */
  async function flightsOf(
    route: Route,
    texts: readonly (string | pg.QueryConfig)[],
    options?: PoolConfig,
  ): Promise<number[]> {
    const { hostname, port } = new URL(route.url);
    await using counter = await countFlights({ host: hostname, port: Number(port) });
    const url = new URL(route.url);
    url.port = String(counter.port);
    await using client = await connected({ ...route, url: url.href }, options);
    // Until it has looked what is on the other side.
    for (let n = 0; n < 3; n += 1) await client.query('select 0');
    const flights = [];
    for (const text of texts) {
      const before = counter.flights;
      await client.query(text);
      flights.push(counter.flights - before);
    }
    return flights;
  }

  test.each(routes)('BEGIN goes with the first statement, %s', async (_, route) => {
    expect(await flightsOf(route, ['begin', 'select 1', 'select 2', 'commit'])).toEqual([0, 1, 1, 1]);
    const modes = ['start transaction', 'set transaction read only', 'savepoint a', 'rollback'];
    expect(await flightsOf(route, modes)).toEqual([0, 0, 1, 1]);
  });

  test.each(routes)('BEGIN goes with it without the name that it was given, %s', async (_, route) => {
    const named = (text: string) => ({ name: `name of ${text}`, text });
    const texts = [named('begin'), 'select 1', named('commit')];
    expect(await flightsOf(route, texts)).toEqual([0, 1, 1]);
    const always = { ...route, poolsafe: { ...route.poolsafe, statements: 'always' } as const };
    expect(await flightsOf(always, texts)).toEqual([0, 1, 1]);
  });

  test('BEGIN goes in front of a statement whose name is kept', async () => {
    const poolsafe = { statements: 'always' } as const;
    const named = { name: 'kept', text: 'select 1' };
    const texts = ['begin', named, 'commit', 'begin', named, 'commit'];
    expect(await flightsOf({ ...database.direct, poolsafe }, texts)).toEqual([0, 2, 1, 0, 2, 1]);
  });

  test.each(routes)('none for an empty transaction, %s', async (_, route) => {
    expect(await flightsOf(route, ['begin', 'commit', 'begin', 'rollback'])).toEqual([0, 0, 0, 0]);
  });

  test.each(routes)('a first statement of several texts comes after BEGIN, %s', async (_, route) => {
    expect(await flightsOf(route, ['begin', 'select 1; select 2', 'commit'])).toEqual([0, 2, 1]);
  });

  test.each(routes)('with deferBegin: false, BEGIN goes by itself, %s', async (_, route) => {
    const off = { ...route, poolsafe: { ...route.poolsafe, deferBegin: false } };
    expect(await flightsOf(off, ['begin', 'select 1', 'commit'])).toEqual([1, 1, 1]);
  });
});

describe('a server connection', () => {
  test('is free while the application thinks before its first statement', async () => {
    await using pooler = await startPgBouncer(
      { version: '1.24', settings: { default_pool_size: 1 } },
      servers.postgres,
    );
    const url = poolerUrl(pooler.address);
    await using thinking = await connected({ url });
    await using working = await connected({ url });
    await thinking.query('begin');
    expect(await codeOf(working.query('insert into item values (1)'))).toBe('fine');
    expect((await thinking.query('select id from item')).rows).toEqual([{ id: 1 }]);
    await thinking.query('delete from item');
    await thinking.query('commit');
  });
});

describe('an open transaction', () => {
  test.each(routes)('keeps no snapshot after its first statement, %s', async (_, route) => {
    await using client = await connected(route);
    await client.query('begin');
    await client.query("select 'first' as one");
    const sessions = await database.admin(
      `select backend_xmin from pg_stat_activity
       where datname = current_database() and state = 'idle in transaction' and query like '%''first''%'`,
    );
    expect(sessions).toEqual([{ backend_xmin: null }]);
    await client.query('commit');
  });
});

describe('a transaction that could not begin', () => {
  test('when no server connection is free in time', async () => {
    await using pooler = await startPgBouncer(
      { version: 'latest', settings: { default_pool_size: 1, query_wait_timeout: 1 } },
      servers.postgres,
    );
    const url = poolerUrl(pooler.address);
    const holding = new pg.Client({ connectionString: url });
    await holding.connect();
    await holding.query('begin');
    const pool = new Pool({ connectionString: url });
    const client = await pool.connect();
    await client.query('begin');
    await expect(client.query('insert into item values (2)')).rejects.toThrow('query_wait_timeout');
    expect(await codeOf(client.query('insert into item values (3)'))).not.toBe('fine');
    client.release(true);
    await holding.query('rollback');
    await holding.end();
    expect((await pool.query('select id from item')).rows).toEqual([]);
    await pool.end();
  });

  test.each(routes)('nothing runs until its end, %s', async (_, route) => {
    await using refusing = await refusingBegin(route);
    await using client = await connected({ ...route, url: refusing.url });
    const insert = () => client.query('insert into item values ($1) returning id', [4]);
    await client.query('begin');
    await expect(insert()).rejects.toMatchObject({ code: '42601', routine: 'scanner_yyerror' });
    await expect(insert()).rejects.toMatchObject({ code: '25P02', cause: { code: '42601' } });
    expect(client.getTransactionStatus?.() ?? 'E').toBe('E');
    expect(await codeOf(client.query('savepoint a'))).toBe('25P02');
    expect((await client.query('commit')).command).toBe('ROLLBACK');
    expect((await client.query('select id from item')).rows).toEqual([]);
    await client.query('begin');
    await expect(client.query('insert into item values (4); select 1')).rejects.toMatchObject({
      code: '42601',
    });
    expect(await codeOf(client.query(new Cursor('insert into item values (4)')).read(1))).toBe('25P02');
    expect((await client.query('rollback')).command).toBe('ROLLBACK');
    expect((await client.query('select id from item')).rows).toEqual([]);
    const handedOver = [client.query('begin'), insert(), insert()].map(codeOf);
    expect(await Promise.all(handedOver)).toEqual(['fine', '42601', '25P02']);
    await client.query('rollback');
    await client.query('begin');
    const first = codeOf(insert());
    const second = codeOf(insert());
    // The end of the answer, by which it is clear that BEGIN has failed, comes after the error.
    const third = insert().catch(() => codeOf(insert()));
    expect(await Promise.all([first, second, third])).toEqual(['42601', '25P02', '25P02']);
    await client.query('rollback');
    await client.query('begin');
    expect(await insert().catch(() => codeOf(insert()))).toBe('25P02');
    await client.query('rollback');
    expect((await client.query('select id from item')).rows).toEqual([]);
  });
});

describe('a prepared statement whose text is wrong', () => {
  test.each(routes)(
    'fails with BEGIN in front of it, 100 times, and the next transaction works, %s',
    async (_, route) => {
      const threshold = { poolsafe: { ...route.poolsafe, statementCache: { threshold: 1 } } };
      await using naming = await connected({ ...route, ...threshold });
      for (let n = 0; n < 3; n += 1) await naming.query('select 0');
      for (let n = 0; n < 100; n += 1) {
        await naming.query('begin');
        expect(await codeOf(naming.query(`select missing_${n} from item where id = $1`, [n]))).toBe('42703');
        expect(await codeOf(naming.query('select 1'))).toBe('25P02');
        await naming.query('rollback');
      }
      await naming.query('begin');
      expect((await naming.query('select $1::int as n', [7])).rows).toEqual([{ n: 7 }]);
      await naming.query('commit');
    },
  );
});

test.skipIf(!('pipeline' in new pg.Client()))('pipeline mode that is switched on after BEGIN', async () => {
  await using client = await connected(database.through('latest'));
  await client.query('begin');
  Object.assign(client, { pipeline: true });
  await Promise.all([client.query('insert into item values (5)'), client.query('select 1')]);
  await client.query('rollback');
  expect((await client.query('select id from item')).rows).toEqual([]);
});

/** In front of the server: whoever begins a transaction gets a syntax error from it. */
async function refusingBegin({ url }: Route) {
  const { hostname, port } = new URL(url);
  const open = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const upstream = net.connect(Number(port), hostname);
    client.on('data', (data) => {
      upstream.write(Buffer.from(data.toString('latin1').replace('\0begin\0', '\0begim\0'), 'latin1'));
    });
    upstream.pipe(client);
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => [client, upstream].map((other) => other.destroy()));
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const own = String((server.address() as net.AddressInfo).port);
  return {
    url: Object.assign(new URL(url), { port: own }).href,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await once(server.close(), 'close');
    },
  };
}

function poolerUrl({ host, port }: { host: string; port: number }): string {
  return Object.assign(new URL(database.direct.url), { hostname: host, port: String(port) }).href;
}
