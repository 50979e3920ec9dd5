import type { PrismaClient, Queries } from './generated.ts';

/** Rows that each step finds. */
export const rows = `
  truncate "Author", "Book" restart identity cascade;
  insert into "Author" (name) values ('Ada'), ('Bob');
  insert into "Book" (title, "authorId", printed, bought, price, tags, cover, stock) values
    ('First', 1, '2020-02-03 04:05:06.789Z', '2020-02-03 04:05:06', 12.50, '["a", 1]', '\\x0001ff', 9007199254740993),
    ('Second', 1, null, null, null, null, null, null), ('Third', 2, null, null, null, '{}', null, null)`;

type Step = (db: PrismaClient) => Promise<unknown>;

/** What an application sees of an error of Prisma. The one thing that may differ is a `hint` left empty. */
async function failure(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    (value) => {
      throw new Error(`This was to fail, and gave ${String(value)}`);
    },
    (error: Error & { code?: string; meta?: unknown }) => error,
  );
  const ownHint = (key: string, value: unknown) =>
    key === 'hint' && String(value).includes('docs/errors.md#') ? undefined : value;
  const meta = JSON.parse(JSON.stringify(error.meta ?? null, ownHint));
  return { class: error.constructor.name, code: error.code, message: error.message, meta };
}

const models: Readonly<Record<string, Step>> = {
  'findMany with relations': (db) =>
    db.author.findMany({ include: { books: { orderBy: { id: 'desc' } } }, orderBy: { id: 'asc' } }),
  'findUnique, several at once': (db) =>
    Promise.all([1, 2, 3, 1].map((id) => db.author.findUnique({ where: { id } }))),
  'findFirst with filters': (db) =>
    db.book.findFirst({
      where: { author: { is: { name: 'Ada' } }, title: { contains: 'sec', mode: 'insensitive' } },
    }),
  'create with relations': (db) =>
    db.author.create({
      data: {
        name: 'Cid',
        books: { create: [{ title: 'Fourth' }, { title: 'Fifth', tags: { a: [1, null] } }] },
      },
      include: { books: true },
    }),
  'every type, written and read': (db) =>
    db.book.create({
      data: {
        title: "It's “ü” \u{1f600}",
        printed: new Date('2024-03-31T01:30:00.123Z'),
        bought: new Date('1969-12-31T23:59:59Z'),
        price: '12345678901234567890.123456789',
        tags: { deep: [{ a: 'b' }] },
        cover: new Uint8Array([0, 1, 254, 255]),
        stock: -9223372036854775808n,
        author: { connect: { id: 2 } },
      },
    }),
  'update, upsert and delete': async (db) => [
    await db.author.update({
      where: { id: 1 },
      data: { name: 'Eve', books: { updateMany: { where: {}, data: { stock: 5n } } } },
    }),
    await db.author.upsert({ where: { name: 'Bob' }, create: { name: 'Bob' }, update: { name: 'Bea' } }),
    await db.author.upsert({ where: { name: 'Fay' }, create: { name: 'Fay' }, update: {} }),
    await db.book.delete({ where: { id: 3 } }),
    await db.book.deleteMany({ where: { authorId: 1 } }),
    await db.author.findMany({ orderBy: { id: 'asc' }, include: { books: true } }),
  ],
  'createMany, count, aggregate and groupBy': async (db) => [
    await db.author.createMany({ data: [{ name: 'Ada' }, { name: 'Gus' }], skipDuplicates: true }),
    await db.author.count(),
    await db.book.aggregate({ _sum: { price: true, stock: true }, _count: true, _max: { printed: true } }),
    await db.book.groupBy({ by: ['authorId'], _count: true, orderBy: { authorId: 'asc' } }),
  ],
};

const raw: Readonly<Record<string, Step>> = {
  '$queryRaw with parameters': (db) => {
    const at = new Date('2020-02-03T04:05:06.789Z');
    return db.$queryRaw`select id, printed, bought, price, tags, cover, stock, ${7} as n, ${'text'} as t
      from "Book" where printed = ${at} and title = any(${['First', 'Second']})`;
  },
  $queryRawUnsafe: async (db) => [
    await db.$queryRawUnsafe('select $1::int + 1 as n, $2::jsonb as j, $3::bigint as b', 1, { a: [1] }, 2n),
    await db.$queryRawUnsafe('select 1 as one where false'),
  ],
  '$executeRaw counts': async (db) => [
    await db.$executeRaw`update "Book" set stock = ${3n} where "authorId" = ${1}`,
    await db.$executeRawUnsafe('delete from "Book" where id = $1', 2),
    await db.book.findMany({ orderBy: { id: 'asc' }, select: { id: true, stock: true } }),
  ],
  'several statements in one text': async (db) => [
    await db.$executeRawUnsafe(
      `insert into "Author" (name) values ('Hal'); insert into "Author" (name) values ('Ira')`,
    ),
    await db.author.count(),
  ],
};

const level = (tx: Queries) => tx.$queryRaw`select current_setting('transaction_isolation') as level`;
const levels = ['ReadUncommitted', 'ReadCommitted', 'RepeatableRead', 'Serializable'] as const;

const transactions: Readonly<Record<string, Step>> = {
  'interactive transaction': async (db) => [
    await db.$transaction(async (tx) => {
      await tx.author.create({ data: { name: 'Cid' } });
      await tx.$executeRaw`insert into "Author" (name) values (${'Dan'})`;
      return tx.author.count();
    }),
    await db.author.count(),
  ],
  'interactive transaction that throws': async (db) => [
    await failure(
      db.$transaction(async (tx) => {
        await tx.author.create({ data: { name: 'Cid' } });
        throw new Error('mine');
      }),
    ),
    await db.author.count(),
  ],
  'an error inside aborts the transaction': async (db) => [
    await failure(
      db.$transaction(async (tx) => {
        await tx.author.create({ data: { name: 'Cid' } });
        await tx.author.create({ data: { name: 'Ada' } }).catch(() => {});
        return tx.author.count();
      }),
    ),
    await db.author.count(),
  ],
  'isolation levels': async (db) => {
    const seen: unknown[] = [];
    for (const isolationLevel of levels) {
      seen.push(await db.$transaction((tx) => level(tx), { isolationLevel }));
      seen.push(await db.$transaction([level(db), db.author.count()], { isolationLevel }));
    }
    return [seen, await level(db)];
  },
  'batch transaction': async (db) => [
    await db.$transaction([
      db.author.create({ data: { name: 'Cid' } }),
      db.$executeRaw`update "Book" set title = ${'x'} where id = 1`,
      db.book.findUnique({ where: { id: 1 } }),
    ]),
    await failure(
      db.$transaction([
        db.author.create({ data: { name: 'Dan' } }),
        db.author.create({ data: { name: 'Ada' } }),
      ]),
    ),
    await db.author.count(),
  ],
  'nested transactions': (db) =>
    db.$transaction(async (tx) => {
      await tx.author.create({ data: { name: 'Cid' } });
      const inner = await failure(
        tx.$transaction(async (nested) => {
          await nested.author.create({ data: { name: 'Dan' } });
          throw new Error('mine');
        }),
      );
      await tx.$transaction((nested) => nested.author.create({ data: { name: 'Eve' } }));
      return [inner, await tx.author.findMany({ orderBy: { id: 'asc' } })];
    }),
  'a write conflict': (db) =>
    failure(
      db.$transaction(
        async (tx) => {
          await tx.book.count();
          await db.book.update({ where: { id: 1 }, data: { title: 'theirs' } });
          await tx.book.update({ where: { id: 1 }, data: { title: 'mine' } });
        },
        { isolationLevel: 'RepeatableRead' },
      ),
    ),
  'a transaction that takes too long': async (db) => {
    const slow = db.$transaction(
      async (tx) => {
        await tx.$queryRaw`select pg_sleep(0.2)::text as slept`;
        await tx.author.count();
      },
      { timeout: 50 },
    );
    // The message says how long it took.
    const { code } = (await failure(slow)) as { code: string };
    return [code, await db.author.count()];
  },
  '20 transactions at once': async (db) => {
    const add = (n: number) =>
      db.$transaction(async (tx) => {
        await tx.author.create({ data: { name: `author ${n}` } });
        return tx.author.count({ where: { name: `author ${n}` } });
      });
    return [await Promise.all(Array.from({ length: 20 }, (_, n) => add(n))), await db.author.count()];
  },
};

const errors: Readonly<Record<string, Step>> = {
  'unique constraint': (db) => failure(db.author.create({ data: { name: 'Ada' } })),
  'foreign key': (db) => failure(db.book.create({ data: { title: 'x', authorId: 99 } })),
  'nothing found': (db) => failure(db.author.findUniqueOrThrow({ where: { id: 99 } })),
  'a wrong argument': (db) => failure(db.author.findMany({ where: { nothing: 1 } })),
  'raw SQL that fails': async (db) => [
    await failure(db.$queryRawUnsafe('select * from nowhere')),
    await failure(db.$executeRawUnsafe('select 1 / 0')),
    await failure(db.$queryRawUnsafe('select $1::int; select $2::int', 1, 2)),
    await failure(db.$queryRawUnsafe("select point '(1,2)'")),
  ],
};

const lives: Readonly<Record<string, Step>> = {
  'used again after $disconnect': async (db) => {
    await db.$connect();
    const before = await db.author.count();
    await db.$disconnect();
    return [before, await db.author.count()];
  },
};

export const steps: ReadonlyMap<string, Step> = new Map(
  Object.entries({ ...models, ...raw, ...transactions, ...errors, ...lives }),
);
