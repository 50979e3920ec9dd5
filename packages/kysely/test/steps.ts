import { CamelCasePlugin, CompiledQuery, type Dialect, Kysely, NoResultError, sql } from 'kysely';
import type { Step } from '../../pg/test/comparing.ts';

/** The tables, for `new Kysely<Tables>()`. */
export interface Tables {
  author: { id: number; name: string };
  book: { id: number; author_id: number; title: string; tags: string[] | null; data: unknown };
}

type Db = Kysely<Tables>;

export const setup: readonly string[] = [
  'create table author (id int primary key, name text not null unique)',
  'create table book (id int primary key, author_id int references author, title text, tags text[], data jsonb)',
  "insert into author values (1, 'Ada'), (2, 'Bob')",
  `insert into book values (1, 1, 'A', '{x,y}', '{"pages": 10}'), (2, 1, 'B', null, '[1, null]'), (3, 2, 'C', '{}', null)`,
];

/** What an application sees of an error. */
async function failure(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => new Error('This was to fail.'),
    (error) => error,
  );
  return [error.constructor.name, error.message, { ...error }];
}

/** What a transaction saw that was rolled back. */
async function rolledBack(db: Db, work: (trx: Db) => Promise<unknown>): Promise<unknown> {
  let seen: unknown;
  const run = db.transaction().execute(async (trx) => {
    seen = await work(trx);
    throw new Error('no');
  });
  return [await failure(run), seen];
}

const all = (db: Db) => db.selectFrom('author').selectAll().orderBy('id');

/** What an application does with a database. Each leaves the rows as they were. */
export const steps: Readonly<Record<string, (db: Db) => Promise<unknown>>> = {
  select: (db) => db.selectFrom('book').selectAll().orderBy('id').execute(),
  'select with a join': (db) =>
    db
      .selectFrom('book')
      .innerJoin('author', 'author.id', 'book.author_id')
      .where('author.name', '=', 'Ada')
      .select(['title', 'author.name as author'])
      .orderBy('title')
      .execute(),
  'one row, and none': async (db) => [
    await all(db).executeTakeFirst(),
    await all(db).where('id', '=', 9).executeTakeFirst(),
    await all(db)
      .where('id', '=', 9)
      .executeTakeFirstOrThrow()
      .catch((error) => error instanceof NoResultError),
  ],
  'insert, update and delete': (db) =>
    rolledBack(db, async (trx) => [
      await trx.insertInto('author').values({ id: 3, name: 'Cid' }).execute(),
      await trx.insertInto('author').values({ id: 4, name: 'Dan' }).returningAll().execute(),
      await trx.updateTable('author').set({ name: 'Eve' }).where('id', '=', 3).execute(),
      await trx.updateTable('author').set({ name: 'Fay' }).where('id', '=', 4).returning('name').execute(),
      await trx.deleteFrom('author').where('id', '>', 2).execute(),
    ]),
  'insert or update': (db) =>
    rolledBack(db, (trx) =>
      trx
        .insertInto('author')
        .values({ id: 1, name: 'Eve' })
        .onConflict((conflict) =>
          conflict.column('id').doUpdateSet({ name: (eb) => eb.ref('excluded.name') }),
        )
        .returningAll()
        .execute(),
    ),
  'raw SQL': async (db) => [
    await sql`select ${1}::int as n, ${'a'} || 'b' as text, ${null}::text as nothing`.execute(db),
    await sql`select * from ${sql.table('author')} where ${sql.ref('id')} = ${2}`.execute(db),
    await db.executeQuery(CompiledQuery.raw('select $1::int + $2::int as sum', [1, 2])),
  ],
  'values of many types': (db) =>
    sql`select 1::int8 as big, 1.5::numeric as decimal, true as yes, '\\x01'::bytea as bytes, now() > '2020-01-01' as now,
      '2020-01-02T03:04:05Z'::timestamptz as at, '{"a": [1]}'::jsonb as json, '{1,2}'::int[] as list`.execute(
      db,
    ),
  'several transactions at once': (db) =>
    Promise.all(
      [1, 2, 3, 4].map((id) => db.transaction().execute((trx) => all(trx).where('id', '=', id).execute())),
    ),
  'isolation level': (db) =>
    db
      .transaction()
      .setIsolationLevel('serializable')
      .execute((trx) => sql`show transaction_isolation`.execute(trx)),
  'what throws in a transaction': (db) => rolledBack(db, (trx) => all(trx).execute()),
  'an error of the server': (db) =>
    failure(db.insertInto('author').values({ id: 1, name: 'twice' }).execute()),
  'an error in a transaction': (db) =>
    failure(
      db.transaction().execute(async (trx) => {
        await trx.insertInto('author').values({ id: 5, name: 'Eve' }).execute();
        await trx.insertInto('author').values({ id: 1, name: 'twice' }).execute();
      }),
    ),
  'one connection': (db) =>
    db
      .connection()
      .execute(async (connection) => [
        await all(connection).execute(),
        await sql`begin`.execute(connection),
        await connection.insertInto('author').values({ id: 6, name: 'Fay' }).execute(),
        await sql`rollback`.execute(connection),
        await all(connection).execute(),
      ]),
  stream: async (db) => {
    const rows: unknown[] = [];
    for await (const row of db.selectFrom('book').select('id').orderBy('id').stream()) rows.push(row);
    return rows;
  },
  'stream, in chunks, left early': async (db) => {
    const rows: unknown[] = [];
    const source = db
      .selectFrom(sql<{ n: number }>`(select generate_series(1, 1000) as n)`.as('t'))
      .select('n');
    for await (const row of source.stream(7)) {
      if (rows.push(row) === 20) break;
    }
    return [rows, await all(db).execute()];
  },
  'stream, failing': async (db) => {
    const source = db.selectFrom('book').select(sql`1 / (id - 2)`.as('n')).orderBy('id');
    const read = async () => {
      for await (const _ of source.stream(1));
    };
    return [await failure(read()), await all(db).execute()];
  },
  plugins: (db) => db.withPlugin(new CamelCasePlugin()).selectFrom('book').select('author_id').execute(),
  'another schema': (db) => failure(db.withSchema('nowhere').selectFrom('author').selectAll().execute()),
  introspection: async (db) => {
    const [tables, schemas] = [await db.introspection.getTables(), await db.introspection.getSchemas()];
    const named = tables.map(({ name, columns }) => [
      name,
      columns.map((column) => [column.name, column.dataType]),
    ]);
    return [named, schemas.map(({ name }) => name).includes('public')];
  },
  'several statements': (db) =>
    sql
      .raw('select 1 as n; select 2 as n')
      .execute(db)
      .then(
        ({ rows }) => rows,
        (error) => error.code,
      ),
};

/** Each way to make a dialect, with every step. */
export function stepsWith<TLib>(
  forms: Readonly<Record<string, (lib: TLib, url: string) => Dialect>>,
): [title: string, step: Step<TLib>][] {
  return Object.entries(forms).flatMap(([form, dialectOf]) =>
    Object.entries(steps).map(([title, step]): [string, Step<TLib>] => [
      `${form} | ${title}`,
      async (lib, { url }) => {
        const db = new Kysely<Tables>({ dialect: dialectOf(lib, url) });
        const result = await step(db);
        await db.destroy();
        return result;
      },
    ]),
  );
}
