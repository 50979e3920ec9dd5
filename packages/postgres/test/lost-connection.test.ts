import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import postgres from '@poolsafe/postgres';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';
import { closedPort } from './drop-in/tcp-relay.ts';
import { fatal, openProxy } from './proxy.ts';

const servers = inject('servers');
const database = await openDatabase(servers, 'create table note (id int primary key, body text)');
afterAll(() => database[Symbol.asyncDispose]());

/** A client behind a proxy in front of PostgreSQL. */
async function setUp(options: postgres.Options<Record<never, never>> = {}) {
  const proxy = await openProxy(servers.postgres);
  const url = database.direct.url.replace(/:\d+\//, `:${proxy.port}/`);
  const sql = postgres(url, { max: 1, ...options });
  return {
    proxy,
    sql,
    async [Symbol.asyncDispose]() {
      await sql.end({ timeout: 1 });
      await proxy[Symbol.asyncDispose]();
    },
  };
}

/** Whether a statement with `text` in it is running. */
async function running(text: string): Promise<boolean> {
  const active = "datname = current_database() and state = 'active' and pid <> pg_backend_pid()";
  const rows = await database.admin(
    `select 1 from pg_stat_activity where position($1 in query) > 0 and ${active}`,
    [text],
  );
  return rows.length > 0;
}

const messageOf = (error: Error) => error.message;

test('a query that is running fails, and the next one works', async () => {
  await using site = await setUp();
  const { sql, proxy } = site;
  await sql`select 1`;
  const long = sql`select pg_sleep(30)`.then(() => 'done', messageOf);
  await expect.poll(() => running('pg_sleep(30)')).toBe(true);
  proxy.cut();
  expect(await long).toMatch(/^write CONNECTION_CLOSED /);
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
});

test("the pooler's own error goes to the query that suffered it, with a hint", async () => {
  await using site = await setUp();
  const { sql, proxy } = site;
  await sql`select 1`;
  const long = sql`select pg_sleep(30)`.catch((error: unknown) => error);
  await expect.poll(() => running('pg_sleep(30)')).toBe(true);
  proxy.inject(fatal('query_wait_timeout'));
  expect(await long).toBeInstanceOf(postgres.PostgresError);
  expect(await long).toMatchObject({
    code: '08P01',
    message: 'query_wait_timeout',
    severity: 'FATAL',
    hint: expect.stringContaining('docs/errors.md'),
  });
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
});

test('a lost idle connection is reported, and replaced', async () => {
  const reported: unknown[] = [];
  const listener = (event: unknown) => reported.push((event as { error: Error }).error.message);
  subscribe('poolsafe:connection-error', listener);
  await using site = await setUp();
  const { sql, proxy } = site;
  await sql`select 1`;
  proxy.inject(fatal('client_idle_timeout'));
  await expect.poll(() => reported).toEqual(['client_idle_timeout']);
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
  unsubscribe('poolsafe:connection-error', listener);
});

test('rows that are read one batch at a time do not just end', async () => {
  await using site = await setUp();
  const { sql, proxy } = site;
  const read = async () => {
    const seen: unknown[] = [];
    for await (const rows of sql`select generate_series(1, 100) as i`.cursor(10)) {
      seen.push(...rows);
      if (seen.length !== 20) continue;
      proxy.cut();
      await expect.poll(() => proxy.opened()).toBe(1);
      // Until the client has seen it.
      await sql`select 1`;
    }
    return seen.length;
  };
  await expect(read()).rejects.toThrow('CONNECTION_CLOSED');
});

test('a COPY that fails at its end fails its stream', async () => {
  await using site = await setUp();
  const { sql } = site;
  const stream = await sql`copy note from stdin`.writable();
  await expect(pipeline(Readable.from(['no number\tx\n']), stream)).rejects.toThrow('invalid input syntax');
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
});

test('a COPY that is left early costs its connection, and nothing else', async () => {
  await using site = await setUp();
  const { sql, proxy } = site;
  const stream =
    await sql`copy (select repeat('x', 1000) from generate_series(1, 20000)) to stdout`.readable();
  for await (const _ of stream) break;
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
  expect(proxy.opened()).toBe(2);
});

test('a COPY whose connection is lost fails its stream', async () => {
  await using site = await setUp();
  const { sql, proxy } = site;
  const stream =
    await sql`copy (select repeat('x', 1000) from generate_series(1, 100000)) to stdout`.readable();
  const read = async () => {
    for await (const _ of stream) proxy.cut();
  };
  await expect(read()).rejects.toThrow('CONNECTION_CLOSED');
  const target = await sql`copy note from stdin`.writable();
  proxy.cut();
  await expect(once(target, 'finish')).rejects.toThrow('CONNECTION_CLOSED');
  target.write('1\tx\n');
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
});

test('after its connection is lost, nothing of a transaction runs anywhere', async () => {
  await using site = await setUp({ max: 2 });
  const { sql, proxy } = site;
  const late: string[] = [];
  let work: Promise<unknown> = Promise.resolve();
  const done = sql.begin((tx) => {
    work = (async () => {
      await tx`insert into note values (1, 'in the transaction')`;
      proxy.inject(fatal('idle transaction timeout'));
      await expect.poll(() => tx`select 1`.then(() => '', messageOf)).toBe('idle transaction timeout');
      for (const text of ["insert into note values (2, 'after it')", 'select 1']) {
        await tx.unsafe(text).catch((error: Error) => late.push(error.message));
      }
    })();
    return work;
  });
  await expect(done).rejects.toThrow('idle transaction timeout');
  await work;
  expect(late).toEqual(['idle transaction timeout', 'idle transaction timeout']);
  expect(await sql`select * from note`).toEqual([]);
});

test('a reserved connection that is lost stays lost, and can be given back', async () => {
  await using site = await setUp();
  const { sql, proxy } = site;
  const reserved = await sql.reserve();
  await reserved`select 1`;
  proxy.cut();
  await expect.poll(() => reserved`select 1`.then(() => '', messageOf)).toMatch('CONNECTION_CLOSED');
  await expect(reserved`select 1`).rejects.toThrow('CONNECTION_CLOSED');
  reserved.release();
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
});

test('a connection lost while the driver asks for types fails the query, and nothing else', async () => {
  const unhandled: unknown[] = [];
  process.on('unhandledRejection', (error) => unhandled.push(error));
  for (const reply of [fatal('query_wait_timeout'), null]) {
    await using site = await setUp();
    const { sql, proxy } = site;
    // The first chunk that holds rows is the answer to that question.
    proxy.onServerData = (chunk) => (chunk.includes('typarray') ? reply : chunk);
    await expect(sql`select 1`).rejects.toThrow(reply ? 'query_wait_timeout' : 'CONNECTION_CLOSED');
    proxy.onServerData = (chunk) => chunk;
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).toEqual([]);
});

test('a server that ends the connection during the login fails the query', async () => {
  await using site = await setUp();
  const { sql, proxy } = site;
  proxy.onServerData = () => null;
  await expect(sql`select 1`).rejects.toThrow('CONNECTION_CLOSED');
  expect(proxy.opened()).toBe(1);
});

test('a server that never answers fails the query within the connect timeout', async () => {
  const silent = net.createServer((socket) => socket.resume());
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const sql = postgres(`postgres://app@127.0.0.1:${port}/shop`, { connect_timeout: 0.2 });
  await expect(sql`select 1`).rejects.toMatchObject({ code: 'CONNECT_TIMEOUT' });
  await sql.end();
  silent.close();
  await once(silent, 'close');
});

test('where all of several hosts are down, the query fails; where one is up, it works', async () => {
  await using site = await setUp();
  const { sql, proxy } = site;
  const { user, database: name } = sql.options;
  const given = { user, database: name, password: database.password };
  const down = postgres(`postgres://127.0.0.1:${closedPort},127.0.0.1:${closedPort}`, given);
  await expect(down`select 1`).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  const up = postgres(`postgres://127.0.0.1:${closedPort},127.0.0.1:${proxy.port}`, given);
  expect(await up`select 1 as one`).toEqual([{ one: 1 }]);
  await Promise.all([down.end(), up.end()]);
});

test('the next query of a connection waits until a cancel request is answered', async () => {
  await using site = await setUp();
  const { sql, proxy } = site;
  await sql`select 1`;
  const long = sql`select pg_sleep(0.3)`.execute();
  await expect.poll(() => running('pg_sleep(0.3)')).toBe(true);
  proxy.hold = true;
  long.cancel();
  let after = 'waiting';
  const next = sql`select 1 as one`.then(() => {
    after = 'done';
  });
  await long;
  expect(after).toBe('waiting');
  proxy.hold = false;
  await next;
});
