import type pg from 'pg';
import { SQL } from 'sql-template-strings';
import { calledBack, failure, shapeOf } from './shape.ts';

/** A client or a pool, without its types: some forms are wrong on purpose, or older than the types. */
// biome-ignore lint/suspicious/noExplicitAny: see above.
export type Runner = { query(...given: any[]): any };

type Form = (on: Runner) => unknown;

const text = 'select 1 as one, null as nothing';
const sum = 'select $1::int + $2 as sum, $3::text as text';
const upper = { getTypeParser: () => (value: string) => `parsed ${value}` };

/** Each way to call `query` that succeeds. */
const succeeding: Record<string, Form> = {
  text: (on) => on.query(text),
  'text, values': (on) => on.query(sum, [1, '2', null]),
  'text, undefined': (on) => on.query(text, undefined),
  'text, null': (on) => on.query(text, null),
  'text, []': (on) => on.query(text, []),
  'values of many types': (on) =>
    on.query('select $1::timestamptz, $2::int[], $3::jsonb, $4::bytea, $5::bool, $6::int8, $7::text[]', [
      new Date(0),
      [1, null],
      { a: ['b'] },
      Buffer.from('c'),
      true,
      2n ** 60n,
      ['d', '{"e,'],
    ]),
  'text, callback': (on) => calledBack((callback) => on.query(text, callback)),
  'text, values, callback': (on) => calledBack((callback) => on.query(sum, [1, 2, 'x'], callback)),
  'text, undefined, callback': (on) => calledBack((callback) => on.query(text, undefined, callback)),
  config: (on) => on.query({ text: sum, values: [1, 2, 'x'] }),
  'config, values': (on) => on.query({ text: sum }, [1, 2, 'x']),
  'config with other values, values': (on) => on.query({ text: sum, values: [0, 0, ''] }, [1, 2, 'x']),
  'config, callback': (on) => calledBack((callback) => on.query({ text }, callback)),
  'config, values, callback': (on) =>
    calledBack((callback) => on.query({ text: sum }, [1, 2, 'x'], callback)),
  'config.callback': (on) => calledBack((callback) => on.query({ text, callback })),
  'config.callback, values': (on) => calledBack((callback) => on.query({ text: sum, callback }, [1, 2, 'x'])),
  'rowMode array': (on) => on.query({ text: 'select 1 as a, 2 as a', rowMode: 'array' }),
  types: (on) => on.query({ text, types: upper }),
  'queryMode extended': (on) => on.query({ text, queryMode: 'extended' }),
  binary: (on) => on.query({ text: 'select $1::int as n', values: [7], binary: true }),
  rows: (on) => on.query({ text: 'select * from generate_series(1, 5) n', rows: 2 }),
  'several statements': (on) => on.query("select 1 as a; select 2 as b, 'c' as c; begin; commit"),
  'several statements, rowMode array': (on) =>
    on.query({ text: 'select 1 as a; select 2 as a', rowMode: 'array' }),
  'named, twice': async (on) => [
    await on.query({ name: 'twice', text: sum, values: [1, 2, 'x'] }),
    await on.query({ name: 'twice', text: sum, values: [3, 4, 'y'] }),
  ],
  'named, values beside': (on) => on.query({ name: 'beside', text: sum }, [1, 2, 'x']),
  'named, no values': (on) => on.query({ name: 'no values', text }),
  'named, callback': (on) => calledBack((callback) => on.query({ name: 'callback', text }, callback)),
  'named, config.callback': (on) => calledBack((callback) => on.query({ name: 'inside', text, callback })),
  'named, everything else too': (on) =>
    on.query({
      name: 'else',
      text: 'select $1::int as n',
      values: [7],
      rowMode: 'array',
      types: upper,
      binary: true,
    }),
  'named, rows': (on) => on.query({ name: 'rows', text: 'select * from generate_series(1, 5) n', rows: 2 }),
  'named, then without its text': async (on) => {
    await on.query({ name: 'known', text: sum, values: [1, 2, 'x'] });
    return on.query({ name: 'known', values: [3, 4, 'y'] });
  },
  'named, with an empty name': (on) => on.query({ name: '', text }),
  'a frozen config': (on) => on.query(Object.freeze({ text: sum, values: Object.freeze([1, 2, 'x']) })),
  'a frozen named config, twice': async (on) => {
    const config = Object.freeze({ name: 'frozen', text: sum, values: Object.freeze([1, 2, 'x']) });
    return [await on.query(config), await on.query(config)];
  },
  'a named config is not changed': async (on) => {
    const config = { name: 'unchanged', text: sum, values: [1, 2, 'x'] };
    await on.query(config);
    return Object.entries(config);
  },
  'an object whose text is a getter': (on) => on.query(SQL`select ${1}::int as n, ${'x'}::text as text`),
  'an object whose text is a getter, named': async (on) => {
    const query = SQL`select ${1}::int as n, ${'x'}::text as text`.setName('getter');
    return [await on.query(query), await on.query(query)];
  },
  'an object of a class of getters, named': (on) =>
    on.query(
      new (class {
        readonly name = 'getters';
        readonly rowMode = 'array';
        get text() {
          return sum;
        }
        get values() {
          return [1, 2, 'x'];
        }
      })(),
    ),
  'empty text': (on) => on.query(''),
  'nothing but a comment': (on) => on.query('-- nothing'),
  'empty text, named': (on) => on.query({ name: 'empty', text: '' }),
  'queries that wait for each other': (on) =>
    Promise.all([1, 2, 3].map((n) => on.query({ name: 'queued', text: 'select $1::int as n', values: [n] }))),
};

/** Each way to call `query` that fails. */
const failing: Record<string, Form> = {
  'nothing at all': (on) => on.query(),
  null: (on) => on.query(null),
  'an empty object': (on) => on.query({}),
  'a text that is no string': (on) => on.query({ text: 1 }),
  'values that are no array': (on) => on.query(sum, 'x'),
  'a value that cannot be sent': (on) => on.query(sum, [1, 2, { toPostgres: thrower }]),
  'a value that cannot be sent, named': (on) =>
    on.query({ name: 'v', text: sum, values: [1, 2, { toPostgres: thrower }] }),
  'a syntax error': (on) => on.query('select from where'),
  'several statements with values': (on) => on.query('select 1; select $1::int', [1]),
  'several statements, named': (on) => on.query({ name: 'several', text: 'select 1; select 2' }),
  'too few values': (on) => on.query(sum, [1]),
  'a constraint': (on) => on.query("insert into item values (5, 'one')"),
  'a constraint, named': (on) =>
    on.query({ name: 'c', text: 'insert into item values (5, $1)', values: ['one'] }),
  'an error in a function': (on) =>
    on.query("do $$ begin raise exception 'no' using detail = 'd', hint = 'h', errcode = 'P0042'; end $$"),
  'a query that takes too long': (on) =>
    on.query({ name: 'late', text: 'select pg_sleep(0.3)', query_timeout: 50 }),
};

function thrower(): never {
  throw new Error('not sendable');
}

/** For a client and for a pool of one connection; each ends with a query that shows the connection is usable. */
export const queryForms: Record<string, (on: Runner) => Promise<unknown>> = Object.fromEntries([
  ...Object.entries(succeeding).map(([title, form]) => [
    title,
    async (on: Runner) => [shapeOf(await form(on)), shapeOf(await on.query('select 42 as alive'))],
  ]),
  ...Object.entries(failing).flatMap(([title, form]) => [
    [
      title,
      async (on: Runner) => [await failure(() => form(on)), shapeOf(await on.query('select 42 as alive'))],
    ],
  ]),
]);

/** What only a client can do. */
export const clientForms: Record<string, (client: pg.Client) => Promise<unknown>> = {
  'a type parser of the client': async (client) => {
    client.setTypeParser(23, (value: string) => `int ${value}`);
    return shapeOf([
      await client.query(text),
      await client.query({ name: 'parsed', text }),
      client.getTypeParser(23)('1'),
    ]);
  },
  'a notice': async (client) => {
    const notices: unknown[] = [];
    client.on('notice', ({ message, severity }) => notices.push([severity, message]));
    await client.query("do $$ begin raise notice 'look'; end $$");
    return notices;
  },
  'a callback that is no function': (client) => failure(() => client.query(text, [], 'x' as never)),
  'a transaction': async (client) => [
    shapeOf(await client.query('begin isolation level repeatable read')),
    shapeOf(await client.query("insert into item values (4, 'four') returning *")),
    shapeOf(await client.query('rollback')),
    shapeOf(await client.query('select count(*) from item')),
  ],
  'a failed transaction': async (client) => [
    shapeOf(await client.query('begin')),
    await failure(() => client.query('select 1 / 0')),
    await failure(() => client.query({ name: 'aborted', text: 'select 1' })),
    shapeOf(await client.query('commit')),
  ],
  'escaping and the like': async (client) => [
    client.escapeIdentifier('a"b'),
    client.escapeLiteral("a'b"),
    client.database,
    client.user,
    client.password,
    client.ssl,
    Object.keys(client).includes('password'),
  ],
};
