import type { Step } from './lib.ts';
import { codeOf, failure, shapeOf } from './shape.ts';
import { type SqlStep, sqlSteps } from './sql-steps.ts';

/** A query is a promise that does nothing until somebody waits for it. */
const lazy: Record<string, SqlStep> = {
  'is a promise': async (sql) => {
    const query = sql`select 1 as a`;
    return [query instanceof Promise, Object.prototype.toString.call(query), await query];
  },
  'is not sent before it is awaited': async (sql) => {
    const query = sql`insert into item (id, name) values (8, 'eight') returning id`;
    const before = await sql`select count(*)::int from item where id = 8`;
    const inserted = await query;
    await sql`delete from item where id = 8`;
    return [before, inserted];
  },
  'awaited twice': async (sql) => {
    const query = sql`insert into item (id, name) values (8, 'eight') returning id`;
    const [first, second] = [await query, await query];
    const seen = [first, second, first === second];
    await sql`delete from item where id = 8`;
    return seen;
  },
  'an error awaited twice': async (sql) => {
    const query = sql`select 1 / 0 as a`;
    return [await failure(() => query), await failure(() => query)];
  },
  execute: async (sql) => {
    const query = sql`select ${1}::int as a`;
    return [query.execute() === query, await query, await query.execute()];
  },
  'then, catch and finally': async (sql) => {
    const seen: unknown[] = [];
    const result = await sql`select 1 as a`.finally(() => seen.push('finally')).then((rows) => rows.length);
    const caught = await sql`select 1 / 0`.catch((error) => error.code);
    const unharmed = await sql`select 2 as a`.catch(() => 'not this');
    return [result, caught, unharmed, seen];
  },
  'Promise.race and the like': async (sql) => {
    const query = sql`select 1 as a`;
    return [
      await Promise.race([query, new Promise(() => {})]),
      await Promise.allSettled([query, sql`select 1 / 0`]).then((all) => all.map(({ status }) => status)),
    ];
  },
  'many at once': async (sql) => {
    const rows = await Promise.all(Array.from({ length: 200 }, (_, n) => sql`select ${n}::int as n`));
    return rows.map(([row]) => row?.n);
  },
  'many at once, some of which fail': async (sql) => {
    const all = Array.from({ length: 40 }, (_, n) =>
      codeOf(() => sql`select ${60}::int / (${n}::int % 4) as n`),
    );
    return Promise.all(all);
  },
  'many at once without parameters, some of which fail': async (sql) => {
    const all = Array.from({ length: 40 }, (_, n) => codeOf(() => sql.unsafe(`select 60 / (${n} % 4) as n`)));
    return Promise.all(all);
  },
  'in order on one connection': async (sql) => {
    const seen: number[] = [];
    await Promise.all([1, 2, 3, 4].map((n) => sql`select 1`.then(() => seen.push(n))));
    return seen.length;
  },
};

const errors: Record<string, SqlStep> = {
  'a syntax error': (sql) => failure(() => sql`select from where`),
  'a constraint': (sql) => failure(() => sql`insert into item (id, name) values (${5}, ${'one'})`),
  'NOT NULL': (sql) => failure(() => sql`insert into item (id) values (5)`),
  'a table that does not exist': (sql) => failure(() => sql`select * from nothing where id = ${1}`),
  'a value of another type than the column': async (sql) => [
    await failure(() => sql`update item set tags = ${1}::int where id = 1`),
    await failure(() => sql`update item set tags = 1 where id = 1`),
  ],
  'each field': (sql) =>
    failure(
      () => sql`do $$ begin raise exception 'no' using detail = 'd', hint = 'h', errcode = 'P0042', column = 'c',
        constraint = 'n', datatype = 't', table = 'u', schema = 's'; end $$`,
    ),
  'in a function': (sql) => failure(() => sql`select * from jsonb_to_record('[1]') as x (a int)`),
  'classes and origin': async (sql) => {
    const error = await sql`select 1 / 0`.catch((error) => error);
    return [
      error instanceof sql.PostgresError,
      error instanceof Error,
      error.name,
      Object.getOwnPropertyDescriptor(error, 'stack')?.enumerable,
      shapeOf(error),
    ];
  },
  'the line that made the query': async (sql) => {
    // postgres.js remembers the origin of a template, and this one is new each time.
    const strings = Object.assign(['select 1 / 0'], { raw: ['select 1 / 0'] });
    const error = await sql(strings).catch((error: Error) => error);
    return (
      String((error as Error).stack)
        .split('\n')
        .filter((line) => line.includes('promises.ts')).length > 0
    );
  },
  'with parameters, which are hidden': async (sql) => {
    const error = await sql`select ${'hunter2'}::int as a`.catch((error) => error);
    const { query, parameters, args, types } = error;
    return [query, parameters, args, types, Object.keys(error).sort()];
  },
};

export const promises: [string, Step][] = [
  ...sqlSteps('promises', lazy),
  ...sqlSteps('errors', errors),
  ...sqlSteps('errors, debug: true', errors, { debug: true }),
];
