import { once } from 'node:events';
import net from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import postgres, { withSettings } from '@poolsafe/postgres';
import { countFlights, startPgBouncer } from '@poolsafe/stack';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openDatabase, type Route } from '../../pg/test/database.ts';
import { closedPort } from './drop-in/tcp-relay.ts';
import { open } from './watched.ts';

const servers = inject('servers');
const database = await openDatabase(
  servers,
  'create table item (id int primary key)',
  `create function lose() returns int language plpgsql as $$ begin execute 'deallocate all'; return 1; end $$`,
);
afterAll(() => database[Symbol.asyncDispose]());
const routes = [...database.routes, database.told].map((route) => [route.name, route] as const);
const latest = database.through('latest');

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'fine',
    ({ code, message }) => code ?? message,
  );

/** A BEGIN that PostgreSQL does not know, in place of each. */
const withoutBegin = (flight: Buffer) =>
  Buffer.from(flight.toString('latin1').replace(/\bbegin\b/, 'begix'), 'latin1');

/** With a connection that is open. */
async function opened(route: Route, rewrite?: (flight: Buffer) => Buffer, deferBegin = true) {
  const watched = open(route, { deferBegin }, {}, rewrite);
  await watched.sql`select 0`;
  return watched;
}

describe('round trips', () => {
  async function flightsOf(route: Route, work: (tx: postgres.TransactionSql) => unknown): Promise<number> {
    const url = new URL(route.url);
    await using counter = await countFlights({ host: url.hostname, port: Number(url.port) });
    url.port = String(counter.port);
    await using watched = await opened({ ...route, url: url.href });
    // Until it has looked what is on the other side.
    await watched.sql`select 0`;
    const before = counter.flights;
    await watched.sql.begin(work as never);
    return counter.flights - before;
  }

  const works: readonly (readonly [string, number, (tx: postgres.TransactionSql) => unknown])[] = [
    ['nothing', 0, () => 1],
    ['a statement', 2, (tx) => tx`select 1`],
    ['one without values', 2, (tx) => tx.unsafe('select 1')],
    ['one with values', 3, (tx) => tx.unsafe('select $1::int', [1], { prepare: false })],
    ['two', 3, (tx) => [tx`select 1`, tx`select 2`]],
    ['a savepoint', 3, (tx) => tx.savepoint((saved) => saved`select 1`)],
    ['several statements', 3, (tx) => tx.unsafe('select 1; select 2')],
    ['an error', 2, (tx) => tx`select 1 / 0`.catch(() => {})],
  ];
  test.each(works.flatMap((work) => routes.map(([name, route]) => [...work, name, route] as const)))(
    '%s: %i, %s%s',
    async (_, flights, work, __, route) => {
      const counted = flightsOf(route, work as never);
      if (work === works.at(-1)?.[2]) await expect(counted).rejects.toMatchObject({ code: '22012' });
      else expect(await counted).toBe(flights);
    },
  );

  test.each(routes)('what is sent, %s', async (_, route) => {
    await using watched = await opened(route);
    const { sql, sent, texts } = watched;
    await sql`select 0`;
    sent();
    await sql.begin('isolation level serializable, read only', async (tx) => {
      const [row] = await tx`select current_setting('transaction_isolation') as isolation`;
      expect(row?.isolation).toBe('serializable');
    });
    expect(texts().slice(0, 2)).toEqual([
      'begin isolation level serializable read only',
      expect.stringContaining('select current_setting'),
    ]);
    await sql.begin((tx) => tx.unsafe('select 1'));
    expect(sent()).toBe('PBEPDBES Q');
  });

  test.each(routes)('with deferBegin: false, BEGIN goes by itself, %s', async (_, route) => {
    await using watched = await opened(route, undefined, false);
    await watched.sql`select 0`;
    watched.sent();
    await watched.sql.begin((tx) => tx.unsafe('select 1'));
    await watched.sql.begin(() => 1);
    expect(watched.sent()).toBe('Q Q Q Q Q');
  });
});

describe('a transaction', () => {
  test('leaves the server connection free while the application thinks before its first statement', async () => {
    await using pooler = await startPgBouncer(
      { version: '1.24', settings: { default_pool_size: 1 } },
      servers.postgres,
    );
    const url = new URL(latest.url);
    url.port = String(pooler.address.port);
    await using thinking = await opened({ name: 'one', url: url.href });
    await using working = await opened({ name: 'one', url: url.href });
    await thinking.sql.begin(async (tx) => {
      await working.sql`insert into item values (1)`;
      expect(await tx`delete from item returning id`).toEqual([{ id: 1 }]);
    });
  });

  test.each(routes)('is one, whatever comes first, %s', async (_, route) => {
    await using watched = await opened(route);
    const { sql } = watched;
    const firsts: Readonly<Record<string, (tx: postgres.TransactionSql) => Promise<unknown>>> = {
      template: (tx) => tx`select ${1}::int`,
      unsafe: (tx) => tx.unsafe('select 1'),
      'SET LOCAL': (tx) => tx`set local work_mem to '5MB'`,
      modes: (tx) => tx`set transaction isolation level serializable`,
      cursor: (tx) => tx`select generate_series(1, 9)`.cursor(2, () => {}),
      describe: (tx) => tx`select ${1}::int`.describe(),
      several: (tx) => tx.unsafe('select 1; select 2'),
      async 'COPY to'(tx) {
        for await (const _ of await tx`copy item to stdout`.readable());
      },
      'COPY from': async (tx) => pipeline(Readable.from(['3\n']), await tx`copy item from stdin`.writable()),
      savepoint: (tx) => tx.savepoint((saved) => saved`select 1`),
      empty: (tx) => tx.unsafe(''),
      'large object': async () => {},
    };
    for (const [title, first] of Object.entries(firsts)) {
      const added = sql.begin(async (tx) => {
        await first(tx);
        await tx`insert into item values (4)`;
        throw new Error('undone');
      });
      expect(await codeOf(added), title).toBe('undone');
      expect(await sql`select id from item`, title).toEqual([]);
      const kept = sql.begin(async (tx) => {
        await first(tx);
        await tx`delete from item`;
        return await tx`insert into item values (4) returning id`;
      });
      expect(await kept, title).toEqual([{ id: 4 }]);
      expect(await sql`delete from item returning id`, title).toEqual([{ id: 4 }]);
    }
  });

  test.each(routes)('that nobody waits for is committed, %s', async (_, route) => {
    await using watched = await opened(route);
    const { sql } = watched;
    await sql.begin((tx) => {
      tx`insert into item values (5)`.execute();
      return 1;
    });
    expect(await sql`delete from item returning id`).toEqual([{ id: 5 }]);
    expect(await sql`select id from item`).toEqual([]);
  });

  test.each(routes)('whose first statement fails is over, %s', async (_, route) => {
    await using watched = await opened(route);
    const { sql } = watched;
    const failing: readonly (readonly [string, (tx: postgres.TransactionSql) => Promise<unknown>])[] = [
      ['22012', (tx) => tx`select 1 / ${0}::int`],
      ['42601', (tx) => tx.unsafe('selec')],
      ['42601', (tx) => tx.unsafe('selec; select 1')],
      ['Invalid time value', (tx) => tx`select ${new Date(Number.NaN)}::timestamptz`],
      ['POOLSAFE_CONFIG', (tx) => tx.unsafe('select 1', [], { poolsafe: { allow: ['no'] } } as never)],
    ];
    for (const [code, first] of failing) {
      const after: unknown[] = [];
      const work = sql.begin(async (tx) => {
        await first(tx).catch(() => {});
        after.push(await codeOf(tx`insert into item values (6)`));
      });
      expect(await codeOf(work)).toBe(code);
      expect(after).toEqual([/^\d/.test(code) ? '25P02' : 'fine']);
      expect(await sql`select id from item`).toEqual([]);
    }
  });

  test('whose first statement cannot be sent is one still', async () => {
    await using watched = await opened(database.told);
    const { sql } = watched;
    const ask = (tx: postgres.ISql, at: Date) => tx`select ${at}::timestamptz as at`;
    for (let n = 0; n < 4; n += 1) await ask(sql, new Date());
    const work = sql.begin(async (tx) => {
      await ask(tx, new Date(Number.NaN)).catch(() => {});
      await tx`insert into item values (6)`;
    });
    expect(await codeOf(work)).toBe('Invalid time value');
    expect(await sql`select id from item`).toEqual([]);
  });

  test('whose first statement is gone fails, and the next one works', async () => {
    await using watched = await opened(database.told);
    const { sql } = watched;
    const ask = (tx: postgres.ISql) => tx.unsafe('select 7 as seven, $1::int as n', [1]);
    for (let n = 0; n < 4; n += 1) await sql.begin(ask);
    await sql`select lose()`;
    await expect(sql.begin(ask)).rejects.toMatchObject({ code: '26000' });
    expect(await sql.begin(ask)).toEqual([{ seven: 7, n: 1 }]);
  });
});

describe('a transaction that could not begin', () => {
  test.each(routes)('fails with that, and nothing of it runs, %s', async (_, route) => {
    await using watched = await opened(route, withoutBegin);
    const { sql } = watched;
    const firsts: readonly ((tx: postgres.TransactionSql) => Promise<unknown>)[] = [
      (tx) => tx`insert into item values (${8})`,
      (tx) => tx.unsafe('insert into item values (8)'),
      (tx) => tx.unsafe('insert into item values (8); select 1'),
      (tx) => tx`insert into item values (8) returning id`.cursor(1, () => {}),
      (tx) => tx.savepoint((saved) => saved`insert into item values (8)`),
      async (tx) => pipeline(Readable.from(['8\n']), await tx`copy item from stdin`.writable()),
    ];
    for (const settings of [{}, { 'app.tenant_id': 1 }]) {
      for (const first of firsts) {
        const after: unknown[] = [];
        const work = () =>
          sql.begin(async (tx) => {
            after.push(await codeOf(first(tx)));
            after.push(await codeOf(tx`insert into item values (8)`));
            after.push(await codeOf(tx.savepoint((saved) => saved`insert into item values (8)`)));
            after.push(await codeOf(tx.unsafe('rollback')));
          });
        expect(await codeOf(withSettings(settings, work))).toBe('42601');
        expect(after).toEqual(Array(4).fill('42601'));
        const together = sql.begin((tx) => [first(tx), tx`insert into item values (8)`] as never);
        expect(await codeOf(together)).toBe('42601');
      }
    }
    expect(await sql`select id from item`).toEqual([]);
    expect(await codeOf(sql.begin(() => 1))).toBe('fine');
  });

  test('since nobody listens has not run its work', async () => {
    const url = latest.url.replace(/:\d+\//, `:${closedPort}/`);
    const sql = postgres(url, { max: 1 });
    let ran = false;
    const work = sql.begin(() => {
      ran = true;
    });
    await expect(work).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(ran).toBe(false);
    await sql.end();
  });

  test('since its connection is lost runs nothing elsewhere', async () => {
    const sockets: net.Socket[] = [];
    const connect = async () => {
      const socket = net.connect(servers.postgres);
      await once(socket, 'connect');
      sockets.push(socket);
      return socket;
    };
    const sql = postgres(database.told.url, {
      max: 1,
      socket: connect,
      poolsafe: { pooler: 'direct' },
    } as never);
    await sql`select 0`;
    const late: unknown[] = [];
    const work = sql.begin(async (tx) => {
      sockets[0]?.destroy();
      late.push(await codeOf(tx`insert into item values (9)`));
      late.push(await codeOf(tx`insert into item values (9)`));
    });
    expect(await codeOf(work)).toBe('CONNECTION_CLOSED');
    await expect.poll(() => late).toEqual(['CONNECTION_CLOSED', 'CONNECTION_CLOSED']);
    expect(await sql`select id from item`).toEqual([]);
    await sql.end();
  });
});
