import { Pool } from '@poolsafe/pg';
import { PrismaPg, settingsExtension, withSettings } from '@poolsafe/prisma';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';
import { countFlights } from '../../stack/src/index.ts';
import { client, type PrismaClient, type Queries } from './generated.ts';
import { as, codeOf, find, mine, opened, refused, setup } from './tenants.ts';

const database = await openDatabase(inject('servers'), ...setup);
afterAll(() => database[Symbol.asyncDispose]());
const routes = database.routes.map((route) => [route.name, route] as const);
const { url } = database.through('latest');
/** Prisma 6 does not say the code of every error. */
const invalidValue =
  /^(?:22023|role "nobody_at_all" does not exist|invalid value for parameter "statement_timeout".*)$/;

/** What every client has written, and nobody has set. */
const books = () => database.admin(`select title from "Book" where title not like 'of %'`);

test.each(routes)('a query takes one round trip, and a transaction two, %s', async (_, route) => {
  const target = new URL(route.url);
  await using counter = await countFlights({ host: target.hostname, port: Number(target.port) });
  target.port = String(counter.port);
  await using app = opened(target.href, 1);
  const { db } = app;
  const works: Readonly<Record<string, [flights: number, work: () => Promise<unknown>]>> = {
    findMany: [1, () => db.author.findMany()],
    findUnique: [1, () => Promise.all([find(db), find(db, 2), find(db, 3)])],
    $queryRaw: [1, () => db.$queryRaw`select id from "Author"`],
    'interactive transaction': [2, () => db.$transaction((tx) => find(tx))],
    'batch transaction': [3, () => db.$transaction([find(db), db.author.findMany()])],
    'empty transaction': [0, () => db.$transaction(async () => {})],
  };
  const seen = new Map<string, number>();
  for (const [title, [, work]] of Object.entries(works)) {
    // Until its connection knows what is on the other side, and has named what repeats.
    for (let n = 0; n < 4; n += 1) await as(1, work);
    const before = counter.flights;
    await as(1, work);
    seen.set(title, counter.flights - before);
  }
  expect(Object.fromEntries(seen)).toEqual(
    Object.fromEntries(Object.entries(works).map(([title, [flights]]) => [title, flights])),
  );
});

test.each([{}, { statements: 'always' }] as const)(
  'a statement has no name of the application with settings in force, %o',
  async (poolsafe) => {
    const named: string[] = [];
    // Prisma 6 has no such option.
    const options = {
      statementNameGenerator: ({ sql }: { sql: string }) => {
        named.push(sql);
        return `name_of_${sql.length}`;
      },
    };
    const adapter = new PrismaPg({ connectionString: url, max: 1, poolsafe }, options);
    const db = (new client.PrismaClient({ adapter }) as PrismaClient).$extends(settingsExtension);
    for (let n = 0; n < 3; n += 1) {
      expect(await as(1, () => find(db))).toEqual(mine);
      expect(await as(1, () => db.$transaction((tx) => find(tx)))).toEqual(mine);
      await as(1, () => db.$transaction(async () => {}));
    }
    expect(named.filter((sql) => sql !== 'COMMIT')).toEqual([]);
    expect(await find(db)).toBe(null);
    await db.$disconnect();
  },
);

const write = { data: { title: 'wrong', authorId: 1 } };

const ways: Readonly<Record<string, (db: PrismaClient) => Promise<unknown>>> = {
  create: (db) => db.book.create(write),
  'nested create': (db) =>
    db.author.update({ where: { id: 1 }, data: { books: { create: [{ title: 'wrong' }] } } }),
  findUnique: (db) => find(db),
  '$executeRaw and $queryRaw': async (db) => {
    const insert = db.$executeRaw`insert into "Book" (title, "authorId") values ('wrong', 1)`;
    const [code, other] = await Promise.all([codeOf(insert), codeOf(db.$queryRaw`select 1`)]);
    throw Object.assign(new Error('both'), { code: code === other ? code : `${code}, ${other}` });
  },
  'interactive transaction': (db) => db.$transaction((tx) => tx.book.create(write)),
  'batch transaction': (db) => db.$transaction([db.book.create(write), db.author.findMany()]),
};

describe.each(Object.entries(ways))('%s', (_, way) => {
  test('is refused for a client without the extension, and nothing runs', async () => {
    await using app = opened(url, 1);
    expect(await codeOf(as(1, () => way(app.bare)))).toBe(refused);
    expect(await books()).toEqual([]);
    // Its connection is free again, and nobody's.
    expect(await find(app.db)).toBe(null);
    expect(await as(1, () => find(app.db))).toEqual(mine);
  });

  test.each(routes)(
    'fails with a setting that PostgreSQL refuses, and nothing runs, %s',
    async (_, route) => {
      await using app = opened(route.url, 1);
      const asNobody = { 'app.tenant_id': 1, role: 'nobody_at_all' };
      expect(await codeOf(withSettings(asNobody, () => way(app.db)))).toMatch(invalidValue);
      expect(await codeOf(withSettings({ statement_timeout: 'soon' }, () => way(app.db)))).toMatch(
        invalidValue,
      );
      expect(await books()).toEqual([]);
      expect(await as(1, () => find(app.db))).toEqual(mine);
    },
  );

  test('is refused with another time zone than that of the adapter', async () => {
    await using app = opened(url, 1);
    const scope = { 'app.tenant_id': 1, TimeZone: 'Europe/Berlin' };
    expect(await codeOf(withSettings(scope, () => way(app.db)))).toBe(refused);
    expect(await withSettings({ ...scope, TimeZone: 'UTC' }, () => find(app.db))).toEqual(mine);
    expect(await books()).toEqual([]);
  });
});

test('a client and the one that was extended from it, in one tick', async () => {
  await using app = opened(url);
  for (let n = 0; n < 3; n += 1) {
    const both = [find(app.bare), as(1, () => find(app.db)), find(app.bare), as(2, () => find(app.db, 2))];
    expect(await Promise.all(both)).toEqual([null, mine, null, { id: 2, name: 'of 2' }]);
  }
});

describe('scopes', () => {
  test('in scopes add, and win', async () => {
    await using app = opened(url);
    const asked = () => app.db.$queryRaw`select current_setting('app.a', true) as a,
      current_setting('app.b', true) as b, current_setting('statement_timeout') as timeout`;
    const found = await withSettings(
      { 'app.a': 'outer', 'app.b': true, statement_timeout: 2000 },
      async () => [
        ...((await withSettings({ 'app.a': "inner's" }, asked)) as unknown[]),
        ...((await asked()) as unknown[]),
      ],
    );
    expect(found).toEqual([
      { a: "inner's", b: 'true', timeout: '2s' },
      { a: 'outer', b: 'true', timeout: '2s' },
    ]);
    const rows = await as(2, () => Promise.all([find(app.db), as(1, () => find(app.db)), find(app.db)]));
    expect(rows).toEqual([null, mine, null]);
  });

  test.each(routes)('a transaction keeps those in which it began, %s', async (_, route) => {
    await using app = opened(route.url, 1);
    const seen = await as(1, () =>
      app.db.$transaction(async (tx) => [
        await codeOf(as(2, () => find(tx))),
        await as(1, () => find(tx)),
        await Promise.all([codeOf(as(2, () => tx.author.findMany())), find(tx)]),
      ]),
    );
    expect(seen).toEqual([refused, mine, [refused, mine]]);
    const late = app.db.$transaction((tx) => as(1, () => find(tx)));
    expect(await codeOf(late)).toBe(refused);
    expect(await find(app.db)).toBe(null);
  });

  test.each(routes)('a nested transaction, which Prisma 6 has not, %s', async (_, route) => {
    await using app = opened(route.url, 1);
    const work = async (tx: Queries) => {
      if (!('$transaction' in tx)) return client.Prisma.prismaVersion.client.split('.')[0];
      const [failed, done] = [
        await codeOf(tx.$transaction((nested) => as(2, () => find(nested)))),
        await tx.$transaction((nested) => nested.author.findMany()),
      ];
      // Whoever begins it may have others in force, but no query may.
      const foreign = as(2, () => tx.$transaction((nested) => find(nested)));
      return [failed, done, await codeOf(foreign), await find(tx)];
    };
    const seen = await as(1, () => app.db.$transaction(work));
    expect([['6'], [[refused, [mine], refused, mine]]]).toContainEqual([seen]);
  });

  test('whoever ends a transaction may have others in force', async () => {
    const adapter = await new PrismaPg({ connectionString: url, max: 1 }).connect();
    const transaction = await as(1, () => adapter.startTransaction());
    await transaction.executeRaw({
      sql: `insert into "Book" (title, "authorId") values ('wrong', 1)`,
      args: [],
      argTypes: [],
    });
    await as(2, () => transaction.executeRaw({ sql: 'ROLLBACK', args: [], argTypes: [] }));
    await as(2, () => transaction.rollback());
    expect(await books()).toEqual([]);
    await adapter.dispose();
  });

  test('the first query is not in the way of others that wait for its connection', async () => {
    const pool = new Pool({ connectionString: database.direct.url });
    await database.admin(`alter role ${database.role} set timezone to 'UTC'`);
    const adapter = new PrismaPg(pool);
    const db = (new client.PrismaClient({ adapter }) as PrismaClient).$extends(settingsExtension);
    const wrong = withSettings({ role: 'nobody_at_all' }, () => db.author.findMany());
    const [code, rows] = await Promise.all([codeOf(wrong), as(1, () => find(db))]);
    expect([code, rows]).toEqual([expect.stringMatching(invalidValue), mine]);
    await db.$disconnect();
    await pool.end();
  });
});
