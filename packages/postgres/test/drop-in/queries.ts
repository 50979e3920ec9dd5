import { fileURLToPath } from 'node:url';
import type { Step } from './lib.ts';
import { codeOf, failure, shapeOf } from './shape.ts';
import { type SqlStep, sqlSteps } from './sql-steps.ts';

const fileOf = (name: string) => fileURLToPath(new URL(`./files/${name}`, import.meta.url));

/** What a result says about its statement. */
const results: Record<string, SqlStep> = {
  'of select': (sql) => sql`select * from item order by id`,
  'of nothing found': (sql) => sql`select id, tags from item where id = ${9}`,
  'of insert, update and delete': async (sql) => [
    await sql`insert into item (id, name) values (7, 'seven')`,
    await sql`update item set name = ${'siete'} where id = ${7}`,
    await sql`delete from item where id = 7`,
    await sql`delete from item where id = 7 returning id`,
  ],
  'of what has no rows': async (sql) => [
    await sql`create table made (id int)`,
    await sql`comment on table made is 'made'`,
    await sql`drop table made`,
  ],
  'of a block': (sql) => sql`do $$ begin perform 1; end $$`,
  'of an empty statement': async (sql) => [
    [...(await sql``)],
    [...(await sql`-- nothing`)],
    [...(await sql`;`)],
  ],
  'of explain': (sql) => sql`explain (costs off) select id from item where id = 1`,
  'of show': (sql) => sql`show integer_datetimes`,
  'can be destructured': async (sql) => {
    const [first, ...others] = await sql`select id from item order by id`;
    return [first, others.length];
  },
};

/** What can be asked of a query. */
const forms: Record<string, SqlStep> = {
  'simple, several statements': (sql) =>
    sql`select 1 as a; select 2 as b, 'c' as c; select 3 where false`.simple(),
  'simple, one statement': (sql) => sql`select 1 as a, null as b`.simple(),
  'simple, statements without rows': (sql) =>
    sql`create table made (id int); insert into made values (1), (2); drop table made`.simple(),
  'simple, an error among several': (sql) =>
    failure(() => sql`select 1 as a; select 1 / 0; select 2 as b`.simple()),
  'simple, empty': (sql) => sql``.simple(),
  'several statements': (sql) => failure(() => sql`select 1 as a; select 2 as b`),
  describe: (sql) => sql`select id, name, ${1}::int8 as big from item where name = ${'x'}`.describe(),
  'describe, no parameters': (sql) => sql`select * from item`.describe(),
  'describe, no rows': (sql) => sql`insert into item (id, name) values (${1}, ${'x'})`.describe(),
  'describe, an error': (sql) => failure(() => sql`select * from nothing where a = ${1}`.describe()),
  'describe of unsafe': (sql) => sql.unsafe('select id from item where id = $1', [1]).describe(),
  'describe, then run': async (sql) => {
    const query = (id: number) => sql`select name from item where id = ${id}`;
    return [await query(1).describe(), await query(2), await query(3)];
  },
  values: (sql) => sql`select 1 as a, 2 as a, null as b, tags from item order by id`.values(),
  'values, a parameter': (sql) => sql`select ${'x'} as a, ${new Date(0)} as b`.values(),
  raw: (sql) => sql`select 1 as a, null as b, 'x' as c, '{1}'::int[] as d`.raw(),
  'raw, a parameter': (sql) => sql`select ${'x'} as a`.raw(),
  'raw, simple': (sql) => sql`select 1 as a`.simple().raw(),
  forEach: async (sql) => {
    const seen: unknown[] = [];
    const result = await sql`select id, name from item where id < ${3} order by id`.forEach((row, of) => {
      seen.push(row, of.length);
    });
    return [seen, result];
  },
  'forEach, no rows': async (sql) => [await sql`select 1 where false`.forEach(() => {})],
  'forEach, an error in the middle': (sql) => {
    const seen: unknown[] = [];
    return failure(() =>
      sql`select 6 / (3 - n) as n from generate_series(1, 3) n`.forEach((row) => {
        seen.push(row);
      }),
    ).then((said) => [said, seen]);
  },
  'forEach that throws': (sql) =>
    codeOf(() =>
      sql`select n from generate_series(1, 3) n`.forEach(() => {
        throw new Error('mine');
      }),
    ),
  stream: (sql) => failure(() => sql`select 1`.stream(() => {})),
};

const unsafe: Record<string, SqlStep> = {
  'no parameters': (sql) => sql.unsafe('select 1 as a'),
  'several statements': (sql) => sql.unsafe('select 1 as a; select 2 as b'),
  parameters: (sql) => sql.unsafe('select $1::int as a, $2 as b, $3::jsonb as c', [1, 'x', { d: 1 }]),
  'parameters of many types': (sql) =>
    sql.unsafe('select $1::timestamptz as a, $2::bool as b, $3::bytea as c, $4::int[] as d, $5::text as e', [
      new Date(0),
      true,
      Buffer.from('x'),
      [1, 2],
      null,
    ]),
  'an empty array of parameters': (sql) => sql.unsafe('select 1 as a; select 2 as b', []),
  'prepare: true': async (sql) => {
    const query = (id: number) => sql.unsafe('select name from item where id = $1', [id], { prepare: true });
    return [await query(1), await query(2), await query(3)];
  },
  'prepare: true, no parameters': (sql) => sql.unsafe('select 1 as a', [], { prepare: true }),
  'options in the place of parameters': (sql) => sql.unsafe('select 1 as a', { prepare: true } as never),
  'simple: false': (sql) => failure(() => sql.unsafe('select 1; select 2', [], { simple: false } as never)),
  'values, raw and describe': async (sql) => [
    await sql.unsafe('select 1 as a, 2 as a').values(),
    await sql.unsafe('select $1::int as a', [1]).raw(),
    await sql.unsafe('select $1::int as a', [1]).describe(),
  ],
  cursor: async (sql) => {
    const seen: unknown[] = [];
    for await (const rows of sql.unsafe('select * from generate_series(1, $1) n', [5]).cursor(2))
      seen.push([...rows]);
    return seen;
  },
  'an error': (sql) => failure(() => sql.unsafe('select $1::int / 0 as a', [1])),
  'too few parameters': (sql) => failure(() => sql.unsafe('select $1::int as a, $2::int as b', [1])),
  undefined: (sql) => failure(() => sql.unsafe('select $1 as a', [undefined as never])),
};

const file: Record<string, SqlStep> = {
  'no parameters': (sql) => sql.file(fileOf('one.sql')),
  'several statements': (sql) => sql.file(fileOf('several.sql')),
  parameters: (sql) => sql.file(fileOf('parameters.sql'), [2, 'two']),
  'a URL': (sql) => sql.file(new URL('./files/one.sql', import.meta.url)),
  'options in the place of parameters': (sql) => sql.file(fileOf('one.sql'), { cache: true }),
  'twice at once': (sql) => Promise.all([1, 2].map((n) => sql.file(fileOf('parameters.sql'), [n, 'one']))),
  'in a transaction': (sql) => sql.begin((tx) => tx.file(fileOf('parameters.sql'), [1, 'one'])),
  'an error': (sql) => failure(() => sql.file(fileOf('wrong.sql'))),
  'that is not there': (sql) => codeOf(() => sql.file('/nowhere/at/all.sql')),
  'values and cursor': async (sql) => {
    const seen: unknown[] = [];
    for await (const rows of sql.file(fileOf('one.sql')).cursor()) seen.push(shapeOf(rows));
    return [await sql.file(fileOf('one.sql')).values(), seen];
  },
};

export const queries: [string, Step][] = [
  ...sqlSteps('results', results),
  ...sqlSteps('forms', forms),
  ...sqlSteps('unsafe', unsafe),
  ...sqlSteps('file', file),
];
