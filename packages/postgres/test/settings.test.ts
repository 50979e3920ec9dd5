import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import postgres, { withSettings } from '@poolsafe/postgres';
import { countFlights } from '@poolsafe/stack';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openDatabase, type Route } from '../../pg/test/database.ts';
import { notesOf } from '../../pg/test/tenants.ts';
import { fatal, openProxy } from './proxy.ts';

const servers = inject('servers');
const tenants = 50;
const database = await openDatabase(
  servers,
  notesOf(tenants),
  'create table other (n int)',
  `create function lose() returns int language plpgsql as $$ begin execute 'deallocate all'; return 1; end $$`,
);
afterAll(() => database[Symbol.asyncDispose]());
const routes = [...database.routes, database.told].map((route) => [route.name, route] as const);
const latest = database.through('latest');

type Sql = ReturnType<typeof postgres> & AsyncDisposable;

function opened({ url, poolsafe }: Route, options: postgres.Options<Record<never, never>> = {}): Sql {
  const given = { onnotice: () => {}, ...options, ...(poolsafe && { poolsafe }) };
  const sql = postgres(url, given as postgres.Options<never>);
  return Object.assign(sql, { [Symbol.asyncDispose]: () => sql.end() }) as unknown as Sql;
}

const as = <T>(tenant: number, work: () => T) => withSettings({ 'app.tenant_id': tenant }, work);
const mine = "select body, current_setting('app.tenant_id') as tenant from note";
const ofTenant = (n: number) => [{ body: `of ${n}`, tenant: String(n) }];
const refused = { code: 'POOLSAFE_SETTINGS' };

/** Every way to ask for the rows of a tenant. */
const ways: Readonly<Record<string, (sql: postgres.ISql) => Promise<unknown>>> = {
  'a template': (sql) => sql`select body, current_setting('app.tenant_id') as tenant from note`,
  'a template with a value': (sql) =>
    sql`select body, current_setting('app.tenant_id') as tenant from note where id > ${0}`,
  'a fragment': (sql) =>
    sql`select body, current_setting('app.tenant_id') as tenant from note ${sql`where id > ${0}`}`,
  'unsafe without values': (sql) => sql.unsafe(mine),
  'unsafe with values': (sql) => sql.unsafe(`${mine} where id > $1`, [0]),
  'simple()': (sql) => sql`select body, current_setting('app.tenant_id') as tenant from note`.simple(),
  'prepare: true': (sql) => sql.unsafe(`${mine} where 0 < id and id > $1`, [0], { prepare: true }),
  'prepare: false': (sql) => sql.unsafe(`${mine} where id > $1`, [0], { prepare: false }),
  async cursor(sql) {
    const rows: unknown[] = [];
    for await (const batch of sql.unsafe(`${mine}, generate_series(1, 3)`).cursor(2)) rows.push(...batch);
    expect(rows).toHaveLength(3);
    return rows.slice(2);
  },
  async 'cursor with a value, that calls back'(sql) {
    const rows: unknown[] = [];
    await sql.unsafe(`${mine} where id > $1`, [0]).cursor(1, (batch) => void rows.push(...batch));
    return rows;
  },
  async forEach(sql) {
    const rows: unknown[] = [];
    await sql.unsafe(mine).forEach((row) => void rows.push(row));
    return rows;
  },
  values: async (sql) =>
    (await sql.unsafe(`${mine} where id > $1`, [0]).values()).map(([body, tenant]) => ({ body, tenant })),
  raw: async (sql) =>
    (await sql.unsafe(mine).raw()).map((row) => ({ body: String(row[0]), tenant: String(row[1]) })),
  async file(sql) {
    const folder = await mkdtemp(join(tmpdir(), 'poolsafe-'));
    try {
      await writeFile(join(folder, 'mine.sql'), mine);
      return await sql.file(join(folder, 'mine.sql'));
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'fine',
    ({ code, message }) => code ?? message,
  );

/** What is set on the server connections that there are, by somebody who sets nothing. */
async function left(route: Route, name: string): Promise<unknown[]> {
  await using sql = opened(route, { max: 10 });
  const look = () => sql`select coalesce(current_setting(${name}, true), '') as value, pg_sleep(0.05)`;
  const found = await Promise.all(Array.from({ length: 10 }, look));
  return [...new Set(found.map(([row]) => row?.value))];
}

/** A client whose round trips are counted. */
async function counted(route: Route) {
  const url = new URL(route.url);
  const counter = await countFlights({ host: url.hostname, port: Number(url.port) });
  url.port = String(counter.port);
  const sql = opened({ ...route, url: url.href }, { max: 1 });
  return {
    sql,
    async flights(work: () => Promise<unknown>): Promise<number> {
      const before = counter.flights;
      await work();
      return counter.flights - before;
    },
    async [Symbol.asyncDispose]() {
      await sql.end();
      await counter[Symbol.asyncDispose]();
    },
  };
}

/** A socket that gives what it reads in pieces of one byte. */
async function byteByByte(): Promise<net.Socket> {
  const socket = net.connect(servers.postgres);
  await once(socket, 'connect');
  const { emit } = socket;
  socket.emit = (name: string, ...given: unknown[]) => {
    const say = (...said: unknown[]) => emit.apply(socket, [name, ...said] as never) as boolean;
    if (name !== 'data') return say(...given);
    const chunk = given[0] as Buffer;
    for (let at = 0; at < chunk.length; at += 1) say(chunk.subarray(at, at + 1));
    return true;
  };
  return socket;
}

describe('a statement on its own', () => {
  test.each(routes)('has the settings, and leaves nothing, however it is written, %s', async (_, route) => {
    await using sql = opened(route, { max: 2 });
    for (const [title, way] of Object.entries(ways)) {
      // Often enough that it is prepared where it can be.
      for (let n = 1; n <= 5; n += 1) expect(await as(n, () => way(sql)), title).toEqual(ofTenant(n));
    }
    expect(await sql`select body from note`).toEqual([]);
    expect(await left(route, 'app.tenant_id')).toEqual(['']);
  });

  test.each(routes)('describe() and notify() work, %s', async (_, route) => {
    await using sql = opened(route, { max: 1 });
    for (let n = 0; n < 3; n += 1) {
      const described = await as(1, () => sql`select body from note where id > ${0}`.describe());
      expect(described.columns.map(({ name }) => name)).toEqual(['body']);
      await as(1, () => sql.notify('news', 'one'));
      expect(await as(2, () => sql.unsafe(mine))).toEqual(ofTenant(2));
    }
  });

  test.each(routes)('may write, and what fails is undone, %s', async (_, route) => {
    await using sql = opened(route, { max: 1 });
    const add = (tenant: number) => sql`insert into note ${sql({ tenant, body: 'new' })} returning tenant`;
    for (let n = 0; n < 4; n += 1) {
      expect(await codeOf(as(3, () => add(4)))).toBe('42501');
      expect(await as(3, () => add(3))).toEqual([{ tenant: 3 }]);
      expect((await as(3, () => sql`delete from note where body = 'new'`)).count).toBe(1);
    }
  });

  test.each(routes)('takes no round trip more, %s', async (_, route) => {
    await using site = await counted(route);
    const { sql, flights } = site;
    const ask = (prepare: boolean) => sql.unsafe(`${mine} where id > $1`, [0], { prepare });
    const names = new Set<string>();
    for (let n = 0; n < 6; n += 1) names.add((await as(1, () => ask(true))).statement.name);
    const isPrepared = names.size > 1;
    expect(isPrepared).toBe(!['1.18', '1.24off'].includes(route.name));
    const plain = sql.unsafe(`${mine} where id > $1`, [0], { prepare: true });
    expect(await flights(() => plain)).toBe(isPrepared ? 1 : 2);
    expect(await flights(() => as(1, () => ask(true)))).toBe(isPrepared ? 1 : 2);
    expect(await flights(() => as(1, () => ask(false)))).toBe(2);
    expect(await flights(() => as(1, () => sql.unsafe(mine)))).toBe(1);
    // It says nothing about the statement, which is prepared by now, so that it would be sent once more.
    const failing = () => withSettings({ role: 'nobody' }, () => ask(true));
    expect(await flights(() => codeOf(failing()))).toBe(isPrepared ? 1 : 2);
    expect(await flights(() => as(1, () => ask(true)))).toBe(isPrepared ? 1 : 2);
    const [begin, commit] = [1, 1];
    expect(await flights(() => as(1, () => sql.begin((tx) => tx.unsafe(mine))))).toBe(begin + 1 + commit);
  });

  test.each(routes)('that is gone runs again, with them, %s', async (_, route) => {
    await using sql = opened(route, { max: 1 });
    const ask = () =>
      sql.unsafe(
        `select n, $1::int as given, current_setting('app.tenant_id') as tenant
      from other right join (select 1) as one on true`,
        [5],
      );
    const expected = [{ n: null, given: 5, tenant: '4' }];
    for (let n = 0; n < 12; n += 1) expect(await as(4, ask)).toEqual(expected);
    await using others = opened(route, { max: 5 });
    await Promise.all(Array.from({ length: 10 }, () => others`select lose(), pg_sleep(0.02)`));
    await sql`select lose()`;
    for (let n = 0; n < 8; n += 1) expect(await as(4, ask)).toEqual(expected);
    for (let n = 0; n < 4; n += 1) expect(await as(4, ask)).toEqual(expected);
    await database.admin(`alter table other alter n type text`);
    for (let n = 0; n < 8; n += 1) expect(await as(4, ask)).toEqual(expected);
    await database.admin(`alter table other alter n type int using n::int`);
    for (let n = 0; n < 8; n += 1) expect(await as(4, ask)).toEqual(expected);
  });
});

describe('a setting that fails', () => {
  const wrong = [
    [{ role: 'nobody_at_all', 'app.tenant_id': 1 }, '22023'],
    [{ statement_timeout: 'soon' }, '22023'],
    [{ nothing_known: 1 }, '42704'],
    [{ log_statement: 'none' }, '42501'],
  ] as const;
  test.each(routes)('fails the statement, which does not run, %s', async (_, route) => {
    await using sql = opened(route, { max: 1 });
    const asking = {
      ...ways,
      describe: (sql: postgres.ISql) => sql`select body from note where id > ${0}`.describe(),
    };
    for (const [title, way] of Object.entries(asking)) {
      for (let n = 0; n < 3; n += 1) await as(1, () => way(sql));
      for (const [settings, code] of wrong) {
        expect(await codeOf(withSettings(settings, () => way(sql))), title).toBe(code);
        expect(await as(6, () => sql.unsafe(mine)), title).toEqual(ofTenant(6));
      }
      await as(1, () => way(sql));
    }
    const [settings, code] = wrong[0];
    const add = () => sql`insert into note (tenant, body) values (1, ${'bad'})`;
    for (let n = 0; n < 4; n += 1) expect(await codeOf(withSettings(settings, add))).toBe(code);
    expect(await as(1, () => sql.unsafe(mine))).toEqual(ofTenant(1));
  });

  test('comes on the first connection, and is PostgreSQL’s own', async () => {
    await using sql = opened(latest, { max: 1 });
    const failing = withSettings({ statement_timeout: 'soon' }, () => sql`select 1`);
    await expect(failing).rejects.toBeInstanceOf(postgres.PostgresError);
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
  });

  test.each(routes)('ends its transaction, %s', async (_, route) => {
    await using sql = opened(route, { max: 1 });
    const seen: unknown[] = [];
    const failing = withSettings(wrong[0][0], () =>
      sql.begin(async (tx) => {
        seen.push(await codeOf(tx`insert into note (tenant, body) values (1, 'bad')`));
        seen.push(await codeOf(tx`select 1`));
      }),
    );
    expect(await codeOf(failing)).toBe('22023');
    expect(seen).toEqual(['22023', '25P02']);
    for (const text of ['select 1; select 2', 'copy other to stdout']) {
      const query = (tx: postgres.ISql) => tx.unsafe(text).then(() => tx`select 1`);
      expect(await codeOf(withSettings(wrong[0][0], () => sql.begin(query))), text).toBe('22023');
    }
    expect(await as(1, () => sql.unsafe(mine))).toEqual(ofTenant(1));
  });
});

describe('a statement that fails', () => {
  test.each(routes)('behind settings that do not, %s', async (_, route) => {
    await using sql = opened(route, { max: 1 });
    for (let n = 0; n < 3; n += 1) {
      expect(await codeOf(as(1, () => sql`select 1 / ${n - n}::int`))).toBe('22012');
      expect(await codeOf(as(1, () => sql`select nothing`))).toBe('42703');
      expect(await codeOf(as(1, () => sql.unsafe('select')))).toBe('fine');
      expect(await codeOf(as(1, () => sql.unsafe('selec 1')))).toBe('42601');
      const late = sql`select 1 / (3 - n) from generate_series(1, ${9}::int) n`;
      expect(await codeOf(as(1, () => late.cursor(2, () => {})))).toBe('22012');
      // It is given up before it is sent.
      expect(await codeOf(as(1, () => sql`select ${new Date(Number.NaN)}::timestamptz`))).toBe(
        'Invalid time value',
      );
      expect(await as(n + 1, () => sql.unsafe(mine))).toEqual(ofTenant(n + 1));
      expect(await sql`select body from note`).toEqual([]);
    }
  });

  test.each(routes)('since it is cancelled, by hand and by its timeout, %s', async (_, route) => {
    await using sql = opened(route, { max: 2 });
    const slow = () => sql`select pg_sleep(0.4)`;
    const [within, without] = await Promise.all([
      codeOf(withSettings({ statement_timeout: 100 }, slow)),
      codeOf(slow()),
    ]);
    expect([within, without]).toEqual(['57014', 'fine']);
    const long = as(1, () => {
      const query = sql`select pg_sleep(30)`.execute();
      once(process, 'cancel').then(() => query.cancel());
      return query;
    });
    const active =
      "select 1 from pg_stat_activity where query like 'select pg_sleep(30)%' and state = 'active'";
    const done = codeOf(long);
    await expect.poll(() => database.admin(active)).toHaveLength(1);
    process.emit('cancel' as never);
    expect(await done).toBe('57014');
    expect(await as(2, () => sql.unsafe(mine))).toEqual(ofTenant(2));
  });

  test('since its connection is lost in front of it, or behind', async () => {
    await using proxy = await openProxy(servers.postgres);
    const url = database.direct.url.replace(/:\d+\//, `:${proxy.port}/`);
    await using sql = opened({ ...database.told, url }, { max: 1 });
    const add = (n: number) => as(n, () => sql`insert into other values (${n}) returning n`);
    const expected = async (n: number) => expect(await add(n)).toEqual([{ n }]);
    for (let n = 1; n <= 3; n += 1) await expected(n);
    // A part of the answer to the settings, then all of it.
    for (const [n, size] of [4, 30].entries()) {
      proxy.onServerData = (chunk) => {
        if (chunk.includes('poolsafe_probe_')) return chunk;
        proxy.onServerData = () => Buffer.alloc(0);
        setImmediate(() => proxy.cut());
        return chunk.subarray(0, size);
      };
      expect(await codeOf(add(10 + n))).toBe('CONNECTION_CLOSED');
      proxy.onServerData = (chunk) => chunk;
      await expected(4 + n);
    }
    const failing = as(1, () => sql`select pg_sleep(30)`);
    const error = failing.catch((error) => error);
    const active =
      "select 1 from pg_stat_activity where query like 'select pg_sleep(30)%' and state = 'active'";
    await expect.poll(() => database.admin(active)).toHaveLength(1);
    proxy.inject(fatal('query_wait_timeout'));
    expect(await error).toMatchObject({ message: 'query_wait_timeout' });
    await expected(6);
    const rows = await database.admin('select n from other where n < 10 order by n');
    expect(rows).toEqual([1, 2, 3, 4, 5, 6].map((n) => ({ n })));
    const twice = 'select n from other group by n having count(*) > 1';
    expect(await database.admin(twice)).toEqual([]);
    await database.admin('truncate other');
  });

  test('whatever the pieces are in which the answers come', async () => {
    await using sql = opened(database.told, { max: 1, socket: byteByByte } as object);
    for (const [title, way] of Object.entries(ways)) {
      for (let n = 1; n <= 3; n += 1) expect(await as(n, () => way(sql)), title).toEqual(ofTenant(n));
      expect(await codeOf(withSettings({ role: 'nobody' }, () => way(sql))), title).toBe('22023');
    }
  });
});

describe('a transaction', () => {
  test.each(routes)('has those that were in force when it began, however it begins, %s', async (_, route) => {
    await using sql = opened(route, { max: 1 });
    for (const [title, way] of Object.entries(ways)) {
      for (let n = 1; n <= 3; n += 1) {
        expect(await as(n, () => sql.begin((tx) => way(tx))), title).toEqual(ofTenant(n));
        const twice = (tx: postgres.ISql) => [way(tx), way(tx)];
        const both = as(n, () => sql.begin('isolation level repeatable read', twice as never));
        expect(await both, title).toEqual([ofTenant(n), ofTenant(n)]);
      }
    }
    expect(await sql`select body from note`).toEqual([]);
    expect(await left(route, 'app.tenant_id')).toEqual(['']);
  });

  test.each(routes)('has them until its end, and no others, %s', async (_, route) => {
    await using sql = opened(route, { max: 1 });
    const mode = () => as(7, () => sql.begin('isolation level serializable, read only', transaction));
    const transaction = async (tx: postgres.TransactionSql) => {
      const [row] = await tx`select current_setting('transaction_isolation') as isolation`;
      expect(row?.isolation).toBe('serializable');
      await tx.savepoint((saved) => saved`select 1 / 0`).catch(() => {});
      expect(await tx.unsafe(mine)).toEqual(ofTenant(7));
      expect(await as(7, () => tx.unsafe(mine))).toEqual(ofTenant(7));
      const other = as(8, () => tx.unsafe(mine));
      await expect(other).rejects.toMatchObject(refused);
      return 'done';
    };
    // As in postgres.js, a query that failed fails the transaction, whoever caught that.
    await expect(mode()).rejects.toMatchObject(refused);
    expect(await sql.begin((tx) => tx`select body from note`)).toEqual([]);
  });

  test.each(routes)(
    'savepoints first, modes first, several statements, COPY, nothing at all, %s',
    async (_, route) => {
      await using sql = opened(route, { max: 1 });
      await as(2, () =>
        sql.begin((tx) =>
          tx.savepoint(async (saved) => expect(await saved.unsafe(mine)).toEqual(ofTenant(2))),
        ),
      );
      await as(2, () =>
        sql
          .begin(async (tx) => {
            await tx.savepoint((saved) => saved`select 1 / 0`).catch(() => {});
            expect(await tx.unsafe(mine)).toEqual(ofTenant(2));
          })
          .catch((error) => expect(error).toMatchObject({ code: '22012' })),
      );
      await as(2, () =>
        sql.begin(async (tx) => {
          await tx`set transaction isolation level serializable`;
          const [row] = await tx.unsafe(
            `select current_setting('transaction_isolation') as level, n.* from (${mine}) n`,
          );
          expect(row).toEqual({ level: 'serializable', ...ofTenant(2)[0] });
        }),
      );
      const both = await as(2, () => sql.begin((tx) => tx.unsafe(`select 1 as one; ${mine}`)));
      expect(both).toEqual([[{ one: 1 }], ofTenant(2)]);
      const copied: string[] = [];
      await as(2, () =>
        sql.begin(async (tx) => {
          const stream = await tx`copy (select body from note) to stdout`.readable();
          for await (const chunk of stream) copied.push(String(chunk));
        }),
      );
      expect(copied.join('')).toBe('of 2\n');
      await as(2, () =>
        sql.begin(async (tx) => {
          await pipeline(Readable.from(['7\n']), await tx`copy other from stdin`.writable());
          const rows = await tx`delete from other returning n, current_setting('app.tenant_id') as tenant`;
          expect(rows).toEqual([{ n: 7, tenant: '2' }]);
        }),
      );
      expect(await as(2, () => sql.begin(() => 'nothing'))).toBe('nothing');
      expect(await as(2, () => sql.begin((tx) => [tx.unsafe(mine), tx.unsafe(mine)]))).toEqual([
        ofTenant(2),
        ofTenant(2),
      ]);
      expect(await sql`select body from note`).toEqual([]);
    },
  );
});

describe('a reserved connection', () => {
  async function reserving<T>(sql: Sql, work: (reserved: postgres.ReservedSql) => Promise<T>): Promise<T> {
    const reserved = await sql.reserve();
    try {
      return await work(reserved);
    } finally {
      reserved.release();
    }
  }

  test.each(routes)('each statement, and each transaction, %s', async (_, route) => {
    await using sql = opened(route, { max: 1 });
    await reserving(sql, async (reserved) => {
      expect(await as(1, () => reserved.unsafe(mine))).toEqual(ofTenant(1));
      expect(await as(2, () => reserved.unsafe(mine))).toEqual(ofTenant(2));
      expect(await reserved`select body from note`).toEqual([]);
      const transaction = as(3, () =>
        Promise.all([reserved`begin`, reserved.unsafe(mine), reserved.unsafe(mine), reserved`commit`]),
      );
      expect((await transaction).slice(1, 3)).toEqual([ofTenant(3), ofTenant(3)]);
      await as(4, () => reserved.unsafe('start transaction isolation level repeatable read'));
      expect(await reserved.unsafe(mine)).toEqual(ofTenant(4));
      await expect(as(5, () => reserved.unsafe(mine))).rejects.toMatchObject(refused);
      await expect(reserved.unsafe('commit and chain')).rejects.toMatchObject(refused);
      await expect(reserved.unsafe('select 1; commit; select 2')).rejects.toMatchObject(refused);
      await reserved.unsafe('rollback');
      await reserved`begin`;
      await expect(as(5, () => reserved.unsafe(mine))).rejects.toMatchObject(refused);
      await reserved`rollback`;
      // Ended with nothing done in it.
      await as(6, () => reserved.unsafe('begin'));
      await as(6, () => reserved.unsafe('commit'));
      expect(await as(7, () => reserved.unsafe(mine))).toEqual(ofTenant(7));
    });
    await as(8, () =>
      reserving(sql, async (reserved) => {
        expect(await reserved.unsafe(mine)).toEqual(ofTenant(8));
        await reserved`begin`;
        expect(await reserved.unsafe(mine)).toEqual(ofTenant(8));
      }),
    );
    expect(await sql`select body from note`).toEqual([]);
  });

  test('can be had in a scope, whatever is wrong with its settings', async () => {
    await using sql = opened(latest, { max: 1 });
    await withSettings({ role: 'nobody' }, () =>
      reserving(sql, async (reserved) => expect(await codeOf(reserved`select 1`)).toBe('22023')),
    );
  });
});

describe('what cannot run with settings', () => {
  test.each([
    'select 1; select 2',
    'vacuum note',
    'create index concurrently on note (tenant)',
    'do $$ begin commit; end $$',
    'select $1',
    'copy note to stdout',
    'begin',
  ])('%s', async (text) => {
    for (const route of [latest, database.told]) {
      await using sql = opened(route, { max: 1 });
      await expect(as(1, () => sql.unsafe(text))).rejects.toMatchObject(refused);
      const reserved = await sql.reserve();
      const given = text === 'begin' ? 'begin; select 1' : text;
      const rejected = await codeOf(as(1, () => reserved.unsafe(given)));
      reserved.release();
      expect(rejected).toBe(refused.code);
      expect(await as(1, () => sql.unsafe(mine))).toEqual(ofTenant(1));
    }
  });

  test('a COPY whose stream is asked for', async () => {
    await using sql = opened(latest, { max: 1 });
    await expect(as(1, () => sql`copy note to stdout`.readable())).rejects.toMatchObject(refused);
    await expect(as(1, () => sql`copy note from stdin`.writable())).rejects.toMatchObject(refused);
    expect(await as(1, () => sql.unsafe(mine))).toEqual(ofTenant(1));
  });

  test('a transaction that was begun on the pool without them', async () => {
    await using sql = opened(database.told, { max: 1 });
    await sql`begin`;
    await expect(as(1, () => sql.unsafe(mine))).rejects.toMatchObject(refused);
    await expect(as(1, () => sql.begin((tx) => tx.unsafe(mine)))).rejects.toMatchObject(refused);
    await sql`rollback`;
    expect(await as(1, () => sql.unsafe(mine))).toEqual(ofTenant(1));
  });
});

describe('settings in force', () => {
  test('are those where a query is run', async () => {
    await using sql = opened(latest, { max: 1 });
    const lazy = as(1, () => sql.unsafe(mine));
    expect(await lazy).toEqual(ofTenant(1));
    const made = await as(1, () => [sql.unsafe(mine)]);
    expect(await codeOf(made[0] as Promise<unknown>)).toMatch(/42704|fine/);
    const begun = sql.unsafe(mine);
    expect(await as(2, () => begun)).toEqual(ofTenant(2));
    const all = await as(3, () => Promise.all(Array.from({ length: 20 }, () => sql.unsafe(mine))));
    expect(all).toEqual(Array(20).fill(ofTenant(3)));
  });

  test('when something calls back are those of whoever gave that, and not of the connection', async () => {
    let noticed: Promise<unknown> = Promise.resolve();
    const onnotice = () => {
      noticed = look().execute();
    };
    await using sql = opened(latest, { max: 1, onnotice });
    const look = () =>
      sql`select coalesce(nullif(current_setting('app.tenant_id', true), ''), 'none') as tenant`;
    const tenantIn = async (work: (note: (query: Promise<unknown>) => void) => Promise<unknown>) => {
      const asked: Promise<unknown>[] = [];
      await work((query) => void asked.push(query));
      return (await Promise.all(asked)).flat().map((row) => (row as { tenant: string }).tenant);
    };
    const each = (note: (query: Promise<unknown>) => void) =>
      sql`select 1`.forEach(() => void note(look().execute()));
    const batch = async (note: (query: Promise<unknown>) => void) =>
      sql`select 1`.cursor(2, () => note(look().execute()));
    const stream = (note: (query: Promise<unknown>) => void) =>
      sql.begin(async (tx) => {
        const copy = await tx`copy (select 1) to stdout`.readable();
        copy.on('data', () => note(look().execute()));
        await once(copy, 'end');
      });
    // The connection is made for somebody else.
    await as(1, look);
    for (const work of [each, batch]) {
      expect(await as(2, () => tenantIn(work))).toEqual(['2']);
      expect(await tenantIn(work)).toEqual(['none']);
    }
    await as(2, () => sql.begin((tx) => tx.unsafe("do $$ begin raise notice 'heard'; end $$")));
    expect(await noticed).toEqual([{ tenant: 'none' }]);
    // Its events are of whoever reads it, or of nobody.
    expect(['2', 'none']).toContain((await as(2, () => tenantIn(stream)))[0]);
  });
});

test.each(routes)('1,000 requests of 50 tenants over 20 clients see their own rows, %s', async (_, route) => {
  await using sql = opened(route, { max: 20 });
  let [seen, wrong] = [0, 0];
  const look = (tenant: number, rows: unknown) => {
    seen += 1;
    if (JSON.stringify(rows) !== JSON.stringify(ofTenant(tenant))) wrong += 1;
  };
  const request = async (n: number) => {
    const tenant = (n % tenants) + 1;
    // Nobody: the request of an application that sets nothing.
    if (n % 4 === 0 && (await sql`select body from note`).length > 0) wrong += 1;
    await as(tenant, async () => {
      const [one, other] = await Promise.all([sql.unsafe(mine), sql.unsafe(`${mine} where id > $1`, [0])]);
      look(tenant, one);
      look(tenant, other);
      await sql.begin(async (tx) => look(tenant, await tx.unsafe(mine)));
      if (n % 5 !== 0) return;
      const reserved = await sql.reserve();
      look(tenant, await reserved.unsafe(mine));
      reserved.release();
    });
  };
  await Promise.all(Array.from({ length: 1000 }, (_, n) => request(n)));
  expect({ seen, wrong }).toEqual({ seen: 3200, wrong: 0 });
  expect(await left(route, 'app.tenant_id')).toEqual(['']);
});
