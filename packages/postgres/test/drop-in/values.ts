import type { Step } from './lib.ts';
import { codeOf, failure } from './shape.ts';
import { type SqlStep, sqlSteps } from './sql-steps.ts';

const date = new Date('2020-02-03T04:05:06.789Z');
/** What the types of postgres.js want a type for. */
const big = (2n ** 60n) as never;
const object = { a: ['b', null, 1.5], 'c"d': { e: true } } as never;

/** Values that are sent. */
const sent: Record<string, SqlStep> = {
  'each type, with a cast': (sql) => sql`
    select ${'x'}::text as text, ${1}::int as int, ${1.5}::float8 as float, ${big} as big, ${true}::bool as yes,
      ${date}::timestamptz as at, ${Buffer.from('\0a')}::bytea as bytes, ${null}::text as nothing`,
  'each type, without a cast': (sql) => sql`
    select ${'x'} as text, ${1} as number, ${big} as big, ${false} as no, ${date} as at, ${Buffer.from('a')} as bytes,
      ${null} as nothing`,
  'a Uint8Array, a typed array': (sql) => sql`select ${new Uint8Array([0, 255])} as bytes`,
  'what a column is compared with': (sql) =>
    sql`select * from item where id = ${2} and name = ${'two'} and tags = ${['c']} and made_at < ${date}`,
  'numbers as text': (sql) => sql`select ${1}::text as one, ${'2'}::int as two, ${'1e3'}::float8 as thousand`,
  'dates as text, and text as dates': (sql) =>
    sql`select ${date}::text is not null as text, ${'2020-02-03T00:00:00Z'}::timestamptz as date, ${1e12}::timestamptz as number`,
  'text that needs care': (sql) => sql`select ${`'"\\$1 \n\u{1f600}`} as text, ${''} as empty`,
  'arrays, with a cast': (sql) => sql`
    select ${[1, 2]}::int[] as ints, ${['a,b', 'c"d\\', '', 'null']}::text[] as texts, ${['x', null]}::text[] as holes,
      ${
        [
          [1, 2],
          [3, 4],
        ] as never
      }::int[] as nested, ${[]}::int[] as empty`,
  'arrays of what has a type, with a cast': async (sql) => [
    await failure(() => sql`select ${[true, false]}::bool[] as bools`),
    await failure(() => sql`select ${[date]}::timestamptz[] as dates`),
    await failure(() => sql`select ${[Buffer.from('a')]}::bytea[] as bytes`),
  ],
  'sql.array': (sql) => sql`
    select ${sql.array([1, 2])}::int[] as ints, ${sql.array(['a', 'b,c'])} as texts, ${sql.array([])}::text[] as empty,
      ${sql.array([1, 2], 23)} as typed, ${sql.array([date])} as dates, ${sql.array([true])} as bools`,
  'sql.array of several arguments': (sql) =>
    sql`select ${(sql.array as (...given: unknown[]) => never)(1, 2, 3)}::int[] as ints`,
  'json, with a cast': (sql) => sql`select ${object}::jsonb as jsonb, ${object}::json as json`,
  'sql.json': (sql) => sql`
    select ${sql.json(object)} as object, ${sql.json([1, 'a', null])} as array, ${sql.json('text')} as text,
      ${sql.json(null)} as nothing, ${sql.json(1)} as number`,
  'json into a column': (sql) =>
    sql`select * from item where data = ${{ a: 1 } as never} or data @> ${sql.json({ b: 2 })}`,
  'sql.typed': (sql) => sql`select ${sql.typed('1', 23)} as int, ${sql.typed(null as never, 25)} as nothing`,
  'sql.types is sql.typed': async (sql) => [
    sql.types === sql.typed,
    await sql`select ${sql.types('2', 20)} as big`,
  ],
  'the same value twice': (sql) => sql`select ${1}::int as a, ${1}::int as b`,
  'a thousand values': (sql) =>
    sql`select * from (values ${sql(Array.from({ length: 1000 }, (_, i) => [i]) as never)}) x (i)`,
};

/** Values that cannot be sent. Each leaves a client that works. */
const unsendable: Record<string, SqlStep> = {
  undefined: (sql) => failure(() => sql`select ${undefined as never} as a`),
  'undefined in an array': (sql) =>
    failure(() => sql`select ${['a', undefined as never] as string[]}::text[] as a`),
  'undefined in a typed parameter': (sql) =>
    failure(() => sql`select ${sql.typed(undefined as never, 25)} as a`),
  'undefined in a row': (sql) =>
    failure(() => sql`insert into item ${sql({ id: 9, name: undefined as never })}`),
  'a symbol': (sql) => codeOf(() => sql`select ${Symbol('s') as never}::text as a`),
  'a date that is none': (sql) => codeOf(() => sql`select ${new Date(Number.NaN)} as a`),
  'json that has no end': (sql) => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    return codeOf(() => sql`select ${sql.json(circle as never)} as a`).then((said) =>
      String(said).slice(0, 25),
    );
  },
  'a NUL': (sql) => codeOf(() => sql`select ${'a\0b'} as a`),
  'text that is no number': (sql) => failure(() => sql`select ${'x'}::int as a`),
  'too many': (sql) => {
    const many = sql(Array.from({ length: 65_534 }, (_, i) => i));
    return codeOf(() => sql`select 1 where 1 in ${many}`);
  },
};

/** Values that come back. */
const received: Record<string, SqlStep> = {
  'each type': (sql) => sql`
    select 1::int2 as int2, 1::int4 as int4, 1::int8 as int8, 1.5::float4 as float4, 1.5::float8 as float8, 1::oid as oid,
      1.50::numeric as numeric, 'a'::text as text, 'a'::varchar(3) as varchar, 'a'::char(3) as char, true as bool,
      '\\x00ff'::bytea as bytes, '{"a": [1]}'::json as json, '[null]'::jsonb as jsonb, '[1,3)'::int4range as range,
      '2020-02-03'::date as date, '2020-02-03 04:05:06'::timestamp as timestamp,
      '2020-02-03 04:05:06Z'::timestamptz as timestamptz, '04:05'::time as time, '1 day'::interval as interval,
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid as uuid, '1.2.3.4'::inet as inet, (1, 'a')::text as record`,
  'NULL of each type': (sql) => sql`
    select null::int as int, null::text as text, null::json as json, null::timestamptz as at, null::int[] as ints`,
  'not-a-number and the like': (sql) => sql`
    select 'NaN'::float8 as nan, 'Infinity'::float8 as infinity, 'NaN'::numeric as numeric`,
  arrays: (sql) => sql`
    select '{1,null,3}'::int[] as ints, '{{1,2},{3,4}}'::int[] as nested, '{}'::text[] as empty,
      array['a,b', 'c"d', 'e\\f', '', 'NULL', null] as texts, '{t,f}'::bool[] as bools,
      array['{"a": [1, "x,y"]}'::jsonb] as jsons, '{1.5,2}'::numeric[] as numerics, '{1,2}'::int8[] as bigs,
      array['2020-02-03T04:05:06Z'::timestamptz] as dates, '{(2,2),(1,1);(4,4),(3,3)}'::box[] as boxes,
      array['\\x01'::bytea] as bytes`,
  'types of one’s own': (sql) => sql`
    select 'sad'::mood as mood, '{sad,happy}'::mood[] as moods, row(1, 'a')::pair as pair, array[row(1, 'a,b')::pair] as pairs`,
  'columns of one name': (sql) => sql`select 1 as a, 2 as a`,
  'columns without a name': (sql) => sql`select 1, 'a', now() is null`,
  'a name like a property of objects': (sql) => sql`select 1 as "constructor", 2 as length, 3 as "a b"`,
  'a value of a megabyte': async (sql) => {
    const [row] = await sql`select repeat('x', 1048576) as text, 1 as one`;
    return [row?.text.length, row?.one];
  },
  'many rows': async (sql) => {
    const rows = await sql`select n, repeat('x', n % 100) as text from generate_series(1, 5000) n`;
    return [rows.length, rows[4998], rows.count];
  },
};

export const values: [string, Step][] = [
  ...sqlSteps('values sent', sent),
  ...sqlSteps('values that cannot be sent', unsendable),
  ...sqlSteps('values received', received),
];
