import { connect, type Sql, type Step } from './lib.ts';
import { codeOf } from './shape.ts';
import { libSteps, type SqlStep, sqlSteps } from './sql-steps.ts';
import { until } from './wait.ts';

const thrower = (): never => {
  throw new Error('mine');
};

const series = (sql: Sql) => sql`select n from generate_series(1, 5) n`;
const breaking = (sql: Sql) => sql`select 6 / (3 - n) as n from generate_series(1, 9) n`;

/** The types say that it comes first. */
const simple = (query: unknown) => (query as { simple(): Promise<unknown> }).simple();

/** What a query must not leave behind for the next one of its connection, which is asked after each. */
const steps: Record<string, SqlStep> = {
  'an error after some rows': (sql) => codeOf(() => breaking(sql)),
  'an error after some rows, on a reserved connection': async (sql) => {
    const one = await sql.reserve();
    const code = await codeOf(() => one`select 6 / (3 - n) as n from generate_series(1, 9) n`);
    const next = await one`select 7 as n`;
    one.release();
    return [code, [...next]];
  },
  'an error after some rows, in a savepoint': (sql) =>
    sql.begin(async (tx) => {
      const code = await codeOf(() =>
        tx.savepoint((sp) => sp`select 6 / (3 - n) as n from generate_series(1, 9) n`),
      );
      return [code, [...(await tx`select 7 as n`)]] as never;
    }),
  'an error after some rows, forEach': (sql) => codeOf(() => breaking(sql).forEach(() => {})),
  'an error after some rows, readable': (sql) => codeOf(() => breaking(sql).readable()),
  'a cursor, and an error': (sql) => codeOf(() => breaking(sql).cursor(1, () => {})),
  'a cursor, and an error in the first rows': (sql) => codeOf(() => breaking(sql).cursor(10, () => {})),
  'a cursor whose callback throws': (sql) => codeOf(() => series(sql).cursor(2, thrower)),
  'a cursor whose callback throws at the end': (sql) =>
    codeOf(() => series(sql).cursor(2, ({ length }) => (length === 1 ? thrower() : undefined))),
  'a cursor whose values cannot be parsed': (sql) =>
    codeOf(() => sql`select 1::oid as o, n from generate_series(1, 5) n`.cursor(1, () => {})),
  'a cursor whose values cannot be parsed, with a parameter': (sql) =>
    codeOf(() => sql`select 1::oid as o, n from generate_series(1, ${5}) n`.cursor(2, () => {})),
  'a cursor in a loop whose values cannot be parsed': (sql) =>
    codeOf(async () => {
      for await (const _ of sql`select 1::oid as o, n from generate_series(1, ${5}) n`.cursor(2));
    }),
  'a cursor of no statement': (sql) => codeOf(() => sql``.cursor(2, () => {})),
  'a cursor, simple': (sql) => codeOf(() => simple(series(sql).cursor(2, () => {}))),
  'a cursor, simple, and an error': (sql) => codeOf(() => simple(breaking(sql).cursor(2, () => {}))),
  'values that cannot be parsed': (sql) =>
    codeOf(() => sql`select 1::oid as o, n from generate_series(1, ${5}) n`),
  'a value that cannot be serialised': (sql) => codeOf(() => sql`select ${'x'}::point as a`),
  'describe, simple': (sql) => codeOf(() => simple(sql`select 1 as a`.describe())),
  'simple, with a value': (sql) => codeOf(() => sql`select ${1}::int as a`.simple()),
  'an empty statement': async (sql) => [...(await sql``)],
  'a notice whose listener throws': (sql) => codeOf(() => sql`do $$ begin raise notice 'look'; end $$`),
  'a notice whose listener throws, cursor': (sql) =>
    codeOf(() => sql`create table if not exists item (id int)`.cursor(2, () => {})),
};

const types = {
  unreadable: { to: 26, from: [26], serialize: String, parse: thrower },
  unsendable: { to: 600, from: [600], serialize: thrower, parse: String },
};

const cancelled: Record<string, Step> = {
  'a cancel after some rows': async (lib, route) => {
    const [sql, other] = [connect(lib, route, { max: 1 }), connect(lib, route, { max: 1 })];
    const query = sql`select n, case n when 900 then pg_sleep(20) end, repeat('x', 100) from generate_series(1, 1000) n`;
    const code = codeOf(() => query);
    await until(async () => {
      const [row] = await other`select count(*)::int as count from pg_stat_activity
        where datname = current_database() and wait_event = 'PgSleep'`;
      return row?.count > 0;
    });
    query.cancel();
    const seen = [await code, [...(await sql`select 7 as n`)]];
    await Promise.all([sql.end(), other.end()]);
    return seen;
  },
};

export const aftermath: [string, Step][] = [
  ...sqlSteps('after', steps, { max: 1, fetch_types: false, types, onnotice: thrower }),
  ...libSteps('after', cancelled),
];
