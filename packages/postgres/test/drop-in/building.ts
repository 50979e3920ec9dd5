import type { Step } from './lib.ts';
import { codeOf, failure } from './shape.ts';
import { type SqlStep, sqlSteps } from './sql-steps.ts';

const four = { id: 4, name: 'four', tags: null, other: 'left out' };
const five = { id: 5, name: 'five', tags: ['x'], other: 'left out' };
const columns = ['id', 'name'] as const;

/** In a transaction that is rolled back. */
const undone =
  (step: SqlStep): SqlStep =>
  (sql) => {
    const seen: unknown[] = [];
    return sql
      .begin(async (tx) => {
        seen.push(await step(tx as never));
        throw seen;
      })
      .catch((error) => (error === seen ? seen : Promise.reject(error)));
  };

/** `sql(…)` where a statement wants columns, values or both. */
const helpers: Record<string, SqlStep> = {
  'insert of a row': undone((sql) => sql`insert into item ${sql({ id: 4, name: 'four' })} returning *`),
  'insert, columns named': undone((sql) => sql`insert into item ${sql(four, 'id', 'name')} returning *`),
  'insert, columns in an array': undone((sql) => sql`insert into item ${sql(four, columns)} returning *`),
  'insert of several rows': undone(
    (sql) => sql`insert into item ${sql([four, five], 'id', 'name', 'tags')} returning *`,
  ),
  'insert of several rows, all columns': undone(
    (sql) =>
      sql`insert into item ${sql([
        { id: 4, name: 'four' },
        { id: 5, name: 'five' },
      ])} returning *`,
  ),
  'insert of none': (sql) => codeOf(() => sql`insert into item ${sql([])}`),
  'insert with a fragment for a value': undone(
    (sql) =>
      sql`insert into item ${sql({ id: 4, name: sql`upper(${'four'})`, made_at: sql`'2020-01-01'` } as never)} returning *`,
  ),
  'insert into columns that are written': undone(
    (sql) =>
      sql`insert into item (id, name) values ${sql([
        [4, 'four'],
        [5, 'five'],
      ] as never)} returning id, name`,
  ),
  update: undone(
    (sql) => sql`update item set ${sql({ name: 'uno', tags: ['x'] })} where id = ${1} returning *`,
  ),
  'update, columns named': undone(
    (sql) => sql`update item set ${sql(four, 'name')} where id = 1 returning *`,
  ),
  'update, columns in an array': undone(
    (sql) => sql`update item set ${sql(four, ['name'])} where id = 1 returning *`,
  ),
  'update with a fragment for a value': undone(
    (sql) => sql`update item set ${sql({ name: sql`name || ${'!'}` } as never)} where id = 1 returning *`,
  ),
  'several updates in one': undone(
    (sql) => sql`update item set name = d.name from (values ${sql([
      [1, 'uno'],
      [2, 'due'],
    ] as never)}) as d (id, name)
      where item.id = d.id::int returning item.id, item.name`,
  ),
  delete: undone((sql) => sql`delete from item where id in ${sql([1, 2])} returning ${sql('id')}`),
  in: (sql) => sql`select id from item where id in ${sql([1, 3, 9])} order by id`,
  'in, text': (sql) => sql`select id from item where name in ${sql(['one', "o'ne"])}`,
  'in of none': (sql) => sql`select id from item where id in ${sql([])}`,
  any: (sql) => sql`select id from item where id = any(${[1, 2]}) order by id`,
  'values of a list': (sql) => sql`select * from (values ${sql(['a', 'b', 'c'])}) as x (a, b, c)`,
  'select of columns': (sql) => sql`select ${sql(['id', 'name'])} from item order by id`,
  'select of columns, named': (sql) => sql`select ${sql('id', 'name')} from item order by id`,
  'select of values': (sql) => sql`select ${sql({ a: 1, b: 'x', c: null } as never)}`,
  'select of values, columns named': (sql) => sql`select ${sql({ a: 1, b: 'x' }, 'b')}`,
  'select of a fragment': (sql) => sql`select ${sql({ now: sql`1 + ${2}::int` } as never)}`,
  returning: undone((sql) => sql`update item set name = 'uno' where id = 1 returning ${sql(['id', 'name'])}`),
  'columns in parentheses': undone(
    (sql) => sql`insert into item (${sql(['id', 'name'])}) values (4, 'four') returning *`,
  ),
};

const identifiers: Record<string, SqlStep> = {
  'a table and a column': (sql) => sql`select ${sql('id')} from ${sql('item')} order by ${sql('id')}`,
  'with a schema': (sql) => sql`select id from ${sql('public.item')} where ${sql('item.id')} = 1`,
  'with quotes': (sql) => sql`select 1 as ${sql('a"b')}`,
  'that does not exist': (sql) => failure(() => sql`select ${sql('nothing"; select 1')} from item`),
  'awaited instead of used': (sql) => failure(() => sql('id') as never),
  'a helper awaited instead of used': (sql) => failure(() => sql({ id: 1 }) as never),
};

const fragments: Record<string, SqlStep> = {
  nested: (sql) => {
    const inner = sql`id > ${1} ${sql`and id < ${3}`}`;
    return sql`select id from item where ${inner} and name = ${'two'}`;
  },
  conditional: async (sql) => {
    const all = (name: string | undefined) =>
      sql`select id from item ${name === undefined ? sql`` : sql`where name = ${name}`} order by id`;
    return [await all(undefined), await all('three')];
  },
  'several of them': (sql) => {
    const order = Object.entries({ name: 'desc', id: 'asc' });
    return sql`select id from item order by ${order.flatMap(([column, direction], i) => [
      i > 0 ? sql`,` : sql``,
      sql`${sql(column)} ${direction === 'desc' ? sql`desc` : sql`asc`}`,
    ])}`;
  },
  'used twice': async (sql) => {
    const wanted = sql`id = ${2}`;
    return [
      await sql`select id from item where ${wanted}`,
      await sql`select name from item where ${wanted} or ${wanted}`,
    ];
  },
  'a fragment that was a query': async (sql) => {
    const query = sql`select 1 as one`;
    return [await query, await sql`select * from (${query}) x`];
  },
  'a function instead of a value': (sql) => sql`select ${sql`upper(${'x'})`} as x`,
  'unsafe in a query': (sql) =>
    sql`select ${sql.unsafe("'x' as x, 1 + 1 as two")} from ${sql.unsafe('item limit 1')}`,
  'unsafe with quotes': (sql) => sql`select ${sql.unsafe(`'${"it''s"}'`)} as text`,
  deep: (sql) => {
    let made = sql`${1}::int`;
    for (let n = 2; n < 20; n += 1) made = sql`(${made} + ${n}::int)`;
    return sql`select ${made} as sum`;
  },
  'of another client': (sql) => {
    const fragment = sql`id = ${1}`;
    return sql.begin((tx) => tx`select id from item where ${fragment}`);
  },
  'of a transaction, in the client': async (sql) => {
    const fragment = await sql.begin(async (tx) => ({ where: tx`id = ${1}` }));
    return sql`select id from item where ${fragment.where}`;
  },
};

export const building: [string, Step][] = [
  ...sqlSteps('helpers', helpers),
  ...sqlSteps('identifiers', identifiers),
  ...sqlSteps('fragments', fragments),
];
