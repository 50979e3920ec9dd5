import { asc, eq, relations, sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { integer, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import type pg from 'pg';
import type postgres from 'postgres';

const author = pgTable('author', { id: integer().primaryKey(), name: text().notNull() });

const book = pgTable('book', {
  id: integer().primaryKey(),
  authorId: integer('author_id')
    .notNull()
    .references(() => author.id),
  title: text().notNull(),
  printed: timestamp({ withTimezone: true }),
  tags: jsonb().$type<string[]>(),
});

const authorRelations = relations(author, ({ many }) => ({ books: many(book) }));
const bookRelations = relations(book, ({ one }) => ({
  author: one(author, { fields: [book.authorId], references: [author.id] }),
}));

/** The same tables in SQL, with rows that no step changes for good. */
export const setup: readonly string[] = [
  'create table author (id int primary key, name text not null)',
  `create table book (id int primary key, author_id int not null references author, title text not null,
    printed timestamptz, tags jsonb)`,
  "insert into author values (1, 'Ada'), (2, 'Bob')",
  `insert into book values (1, 1, 'First', '2020-02-03 04:05:06Z', '["a", "b"]'), (2, 1, 'Second', null, null),
    (3, 2, 'Third', null, '[]')`,
];

const tables = { author, book, authorRelations, bookRelations };

/** For `drizzle({ schema })`. */
export const schema: Record<string, unknown> = tables;

type Db = NodePgDatabase<typeof tables> & { $client: pg.Pool };

/** What a query gives that is not built: the result of pg, or that of postgres.js. */
type Result = pg.QueryResult | (object[] & postgres.ResultQueryMeta<number, string>);

const rowsOf = (result: Result): unknown[] => ('rows' in result ? result.rows : [...result]);
const countOf = (result: Result) => ('rows' in result ? result.rowCount : result.count);
const describe = (result: Result): unknown[] =>
  'rows' in result
    ? [result.command, result.fields.map(({ name, dataTypeID }) => [name, dataTypeID])]
    : [result.command, result.columns.map(({ name, type }) => [name, type])];

/** What PostgreSQL said, by whichever version of Drizzle it was wrapped. */
async function failure(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => new Error('This was to fail.'),
    (error) => error,
  );
  const cause = (error.cause ?? error) as pg.DatabaseError;
  return [error.constructor.name, error.message, cause.constructor.name, cause.message, { ...cause }];
}

const rolledBack = (
  db: Db,
  work: (tx: Parameters<Parameters<Db['transaction']>[0]>[0]) => Promise<unknown>,
) => {
  const seen: unknown[] = [];
  return failure(
    db.transaction(async (tx) => {
      seen.push(await work(tx));
      tx.rollback();
    }),
  ).then((said) => [(said as string[])[0], seen]);
};

/** What an application does with a database. Each leaves the rows as they were. */
const all: Readonly<Record<string, (db: Db) => Promise<unknown>>> = {
  select: (db) => db.select().from(book).orderBy(asc(book.id)),
  'select with a join': (db) =>
    db
      .select()
      .from(book)
      .innerJoin(author, eq(author.id, book.authorId))
      .where(eq(author.name, 'Ada'))
      .orderBy(book.id),
  'insert, update and delete': (db) =>
    rolledBack(db, async (tx) => [
      await tx.insert(author).values({ id: 3, name: 'Cid' }).returning(),
      await tx.update(author).set({ name: 'Dan' }).where(eq(author.id, 3)).returning({ name: author.name }),
      countOf(await tx.delete(author).where(eq(author.id, 3))),
    ]),
  'insert or update': (db) =>
    rolledBack(db, (tx) =>
      tx
        .insert(author)
        .values({ id: 1, name: 'Eve' })
        .onConflictDoUpdate({ target: author.id, set: { name: sql`excluded.name` } })
        .returning(),
    ),
  'relational query': (db) =>
    db.query.author.findMany({ with: { books: { orderBy: asc(book.id) } }, orderBy: asc(author.id) }),
  'relational query, first': (db) =>
    db.query.book.findFirst({ where: eq(book.id, 3), with: { author: true } }),
  'execute, raw': async (db) => {
    const result: unknown = await db.execute(sql`select ${1}::int as n, now() is not null as now`);
    return [rowsOf(result as Result), countOf(result as Result), ...describe(result as Result)];
  },
  count: (db) => db.$count(book, eq(book.authorId, 1)),
  'prepared, several times': async (db) => {
    const byId = db
      .select()
      .from(book)
      .where(eq(book.id, sql.placeholder('id')))
      .prepare('by_id');
    return [await byId.execute({ id: 1 }), await byId.execute({ id: 2 }), await byId.execute({ id: 4 })];
  },
  'prepared, at once': async (db) => {
    const byId = db.query.author
      .findFirst({ where: eq(author.id, sql.placeholder('id')) })
      .prepare('first_by_id');
    return Promise.all([1, 2, 1, 2].map((id) => byId.execute({ id })));
  },
  'prepared, without parameters': async (db) => {
    const all = db.select({ title: book.title }).from(book).orderBy(book.id).prepare('all');
    return [await all.execute(), await all.execute()];
  },
  'two prepared statements': async (db) => [
    await db.select({ id: book.id }).from(book).where(eq(book.id, 1)).prepare('a').execute(),
    await db.select({ id: author.id }).from(author).where(eq(author.id, 2)).prepare('b').execute(),
  ],
  'prepared, in a transaction': (db) =>
    db.transaction(async (tx) => {
      const byId = tx
        .select()
        .from(author)
        .where(eq(author.id, sql.placeholder('id')))
        .prepare('in_tx');
      return [await byId.execute({ id: 1 }), await byId.execute({ id: 2 })];
    }),
  'nested transactions': (db) =>
    rolledBack(db, async (tx) => {
      await tx.insert(author).values({ id: 3, name: 'Cid' });
      const inner = await failure(
        tx.transaction(async (nested) => {
          await nested.insert(author).values({ id: 4, name: 'Dan' });
          await nested.insert(author).values({ id: 1, name: 'twice' });
        }),
      );
      await tx.transaction((nested) => nested.insert(author).values({ id: 5, name: 'Eve' }));
      return [inner, await tx.select().from(author).orderBy(author.id)];
    }),
  'transaction config': (db) =>
    db
      .transaction(
        async (tx) => [
          rowsOf(await tx.execute(sql`show transaction_isolation`)),
          rowsOf(await tx.execute(sql`show transaction_read_only`)),
          await failure(tx.insert(author).values({ id: 3, name: 'Cid' }).execute()).then(
            (said) => (said as string[])[3],
          ),
        ],
        { isolationLevel: 'serializable', accessMode: 'read only', deferrable: true },
      )
      .catch((error) => error.message),
  'an error of the server': (db) => failure(db.insert(author).values({ id: 1, name: 'twice' }).execute()),
  'what throws in a transaction': (db) =>
    failure(
      db.transaction(async () => {
        throw new Error('mine');
      }),
    ),
};

export const steps: ReadonlyMap<string, (db: unknown) => Promise<unknown>> = new Map(
  Object.entries(all).map(([title, step]) => [title, (db) => step(db as Db)]),
);
