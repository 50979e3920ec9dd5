import { afterAll, describe, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';
import { left } from '../../pg/test/tenants.ts';
import type { Queries } from './generated.ts';
import { as, opened, setup, tenants } from './tenants.ts';

const database = await openDatabase(inject('servers'), ...setup);
afterAll(() => database[Symbol.asyncDispose]());
const routes = database.routes.map((route) => [route.name, route] as const);

const everyTenant = Array.from({ length: tenants }, (_, n) => n + 1);
const author = (id: number) => ({ id, name: `of ${id}` });
const neighbour = (id: number) => (id % tenants) + 1;
const ids = { select: { id: true } };

/** What a tenant sees, by each way that Prisma has to send a query. */
const looks: Readonly<Record<string, (db: Queries, own: number) => Promise<unknown>>> = {
  findUnique: (db, id) => db.author.findUnique({ where: { id } }),
  findUniqueOrThrow: (db, id) => db.author.findUniqueOrThrow({ where: { id } }),
  findFirst: (db) => db.author.findFirst(),
  findMany: async (db) => (await db.author.findMany<unknown[]>())[0],
  count: async (db, id) => author((await db.author.count<number>()) * id),
  $queryRaw: async (db) => (await db.$queryRaw<unknown[]>`select id, name from "Author"`)[0],
};

describe.each(routes)('%s', (_, route) => {
  test('findUnique of every tenant in one tick, of the own row and that of another', async () => {
    await using app = opened(route.url);
    const found = await Promise.all(
      everyTenant.map((id) =>
        as(id, () =>
          Promise.all([
            app.db.author.findUnique({ where: { id } }),
            app.db.author.findUnique({ where: { id: neighbour(id) } }),
          ]),
        ),
      ),
    );
    expect(found).toEqual(everyTenant.map((id) => [author(id), null]));
    // Nobody's, in one tick with everybody's.
    const [nobody, mine, again] = await Promise.all([
      app.db.author.findUnique({ where: { id: 1 } }),
      as(1, () => app.db.author.findUnique({ where: { id: 1 } })),
      app.db.author.findUnique({ where: { id: 1 } }),
    ]);
    expect([nobody, mine, again]).toEqual([null, author(1), null]);
  });

  test.each(Object.entries(looks))('%s, of every tenant at once', async (_, look) => {
    await using app = opened(route.url);
    const found = await Promise.all(everyTenant.map((id) => as(id, () => look(app.db, id))));
    expect(found).toEqual(everyTenant.map(author));
    const inTransaction = (id: number) => as(id, () => app.db.$transaction((tx) => look(tx, id)));
    expect(await Promise.all(everyTenant.map(inTransaction))).toEqual(found);
    expect(await left(route, 'app.tenant_id')).toEqual(['']);
  });

  test('an operation of several statements, and one that is a transaction by itself', async () => {
    await using app = opened(route.url);
    const work = async (id: number) => {
      const data = { name: `new ${id}`, books: { create: [{ title: 'a' }, { title: 'b' }] } };
      await app.db.author.update({ where: { id }, data });
      const found = await app.db.author.findMany({ include: { books: { orderBy: { id: 'asc' } } } });
      const books = { deleteMany: { title: { in: ['a', 'b'] } } };
      await app.db.author.update({ where: { id }, data: { name: `of ${id}`, books } });
      return found;
    };
    const found = await Promise.all(everyTenant.map((id) => as(id, () => work(id))));
    const book = (title: string, authorId: number) => expect.objectContaining({ title, authorId });
    expect(found).toEqual(
      everyTenant.map((id) => [
        { id, name: `new ${id}`, books: [book(`of ${id}`, id), book('a', id), book('b', id)] },
      ]),
    );
    const foreign = app.db.author.updateMany;
    expect(await as(1, () => foreign({ where: { id: 2 }, data: { name: 'stolen' } }))).toEqual({ count: 0 });
  });

  test('batch transactions, also without any scope in one tick', async () => {
    await using app = opened(route.url);
    const batch = (id: number) =>
      app.db.$transaction([
        app.db.author.findUnique({ where: { id } }),
        app.db.$executeRaw`update "Book" set stock = ${BigInt(id)}`,
        app.db.book.findMany({ select: { stock: true } }),
        app.db.author.findUnique({ where: { id: neighbour(id) } }),
      ]);
    const found = await Promise.all(
      [0, ...everyTenant].map((id) => (id === 0 ? batch(1) : as(id, () => batch(id)))),
    );
    expect(found[0]).toEqual([null, 0, [], null]);
    expect(found.slice(1)).toEqual(everyTenant.map((id) => [author(id), 1, [{ stock: BigInt(id) }], null]));
  });

  test('a transaction that waits for the connection of another', async () => {
    await using app = opened(route.url, 1);
    const order: number[] = [];
    const isolationLevel = 'RepeatableRead';
    const begin = (id: number) =>
      as(id, () =>
        app.db.$transaction(
          async (tx) => {
            const [all, own, other] = await Promise.all([
              tx.author.findMany(ids),
              tx.author.findUnique({ where: { id } }),
              tx.author.findUnique({ where: { id: neighbour(id) } }),
            ]);
            order.push(id);
            return [all, own, other];
          },
          { isolationLevel },
        ),
      );
    const found = await Promise.all(everyTenant.map(begin));
    expect(found).toEqual(everyTenant.map((id) => [[{ id }], author(id), null]));
    expect(order).toEqual(everyTenant);
  });

  test('1,000 requests of 50 tenants over 20 clients see their own rows', async () => {
    await using app = opened(route.url, 20);
    const { db } = app;
    let seen = 0;
    const wrong = new Set<string>();
    const look = (id: number | undefined, found: unknown) => {
      seen += 1;
      const own = id === undefined ? [null, []] : [author(id), [{ id }]];
      if (JSON.stringify(found) !== JSON.stringify(own)) wrong.add(JSON.stringify({ id, found }));
    };
    const both = async (queries: Queries, id: number) =>
      await Promise.all([queries.author.findUnique({ where: { id } }), queries.author.findMany(ids)]);
    const request = async (n: number) => {
      const id = neighbour(n);
      if (n % 4 === 0) look(undefined, await both(db, id));
      await as(id, async () => {
        look(id, await both(db, id));
        look(id, await db.$transaction((tx) => both(tx, id)));
        look(id, await db.$transaction([db.author.findUnique({ where: { id } }), db.author.findMany(ids)]));
        const raw = await db.$queryRaw`select id, name from "Author" where id <> ${0}`;
        look(id, [(raw as unknown[])[0], await db.author.findMany(ids)]);
      });
      if (n % 4 === 0) look(undefined, await both(db, id));
    };
    await Promise.all(Array.from({ length: 1000 }, (_, n) => request(n)));
    expect([...wrong]).toEqual([]);
    expect(seen).toBe(4500);
    expect(await left(route, 'app.tenant_id')).toEqual(['']);
  }, 60_000);
});
