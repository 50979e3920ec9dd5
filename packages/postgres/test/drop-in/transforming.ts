import type { Step } from './lib.ts';
import { codeOf, failure } from './shape.ts';
import { libSteps, type SqlStep } from './sql-steps.ts';
import { withOptions } from './with-options.ts';

const cased: SqlStep = async (sql) => [
  await sql`select 1 as first_one, '{"inner_key": [{"deep_key": 1}]}'::jsonb as second_one`,
  await sql`select ${sql({ firstOne: 1, 'second-one': 2, ThirdOne: 3 })}`,
  await sql`select ${sql('first_one')}, ${sql(['firstOne'])} from (select 1 as first_one) x`.catch(
    (error) => error.message,
  ),
  await sql`select 1 as first_one`.values(),
  (await sql`select 1 as first_one`.describe()).columns.map(({ name }) => name),
];

const transforms = (
  [
    'camel',
    'toCamel',
    'fromCamel',
    'pascal',
    'toPascal',
    'fromPascal',
    'kebab',
    'toKebab',
    'fromKebab',
  ] as const
).map((name): [string, Step] => [name, withOptions((lib) => ({ transform: lib[name] }), cased)]);

const throwsFor =
  (name?: string) =>
  (value: unknown, column: { name: string }): unknown => {
    if (name === undefined || column.name === name) throw new Error('mine');
    return value;
  };

const transformed: Record<string, Step> = {
  ...Object.fromEntries(transforms),
  'undefined: null': withOptions(
    () => ({ transform: { undefined: null } }),
    async (sql) => [
      await sql`select ${undefined as never}::text as a, ${['x', undefined as never]}::text[] as b`,
      await sql`select ${sql({ a: undefined } as never)}`,
    ],
  ),
  'of columns, values and rows': withOptions(
    () => ({
      transform: {
        column: (name: string) => `<${name}>`,
        value: (value: unknown, { name, type }: { name: string; type: number }) => [name, type, value],
        row: (row: unknown) => ({ row }),
      },
    }),
    async (sql) => [
      await sql`select 1 as a, 'x' as b`,
      await sql`select 2 as a`.values(),
      await sql`select 3 as a`.raw(),
    ],
  ),
  'of rows, in a cursor and forEach': withOptions(
    () => ({ transform: { row: { from: (row: unknown) => ({ row }) } } }),
    async (sql, seen) => {
      for await (const rows of sql`select 1 as a`.cursor()) seen.push([...rows]);
      await sql`select 2 as a`.forEach((row) => {
        seen.push(row);
      });
    },
  ),
  'that throws': withOptions(
    () => ({ transform: { value: throwsFor('bad') } }),
    async (sql) => [await codeOf(() => sql`select 1 as bad`), await sql`select 1 as good`],
  ),
  // It meets the types of arrays, which postgres.js asks for itself.
  'that throws for everything': withOptions(
    () => ({ transform: { value: throwsFor() } }),
    async (sql) => [await codeOf(() => sql`select 1 as a`), await codeOf(() => sql`select 1 as b`)],
  ),
};

const point = {
  to: 600,
  from: [600],
  serialize: ({ x, y }: { x: number; y: number }) => `(${x},${y})`,
  parse: (text: string) =>
    Object.fromEntries(
      text
        .slice(1, -1)
        .split(',')
        .map((n, i) => [i === 0 ? 'x' : 'y', Number(n)]),
    ),
};

const types: Record<string, Step> = {
  'BigInt, sent and received': withOptions(
    (lib) => ({ types: { bigint: lib.BigInt } }),
    async (sql) => [
      await sql`select 1::int8 as a, '{1,2}'::int8[] as b, ${2n as never} as c`,
      await sql`select ${sql.array([1n, 2n] as never)}::int8[] as d`,
    ],
  ),
  'a type of one’s own': withOptions(
    () => ({ types: { point } }),
    async (sql) => {
      const { point } = sql.typed as unknown as Record<string, (value: unknown) => never>;
      const made = point?.({ x: 1, y: 2 }) as never;
      return [
        await sql`select ${made} as a, '(3,4)'::point as b, array['(5,6)'::point] as c`,
        await sql`select ${{ x: 7, y: 8 } as never}::point as d`,
        await sql.begin((tx) => tx`select ${made} as e`),
        sql.types === sql.typed,
      ];
    },
  ),
  'a type that is parsed otherwise': withOptions(
    () => ({
      types: {
        date: { to: 1184, from: [1082, 1114, 1184], serialize: String, parse: (text: string) => `<${text}>` },
      },
    }),
    (sql) => sql`select '2020-02-03'::date as a, '{2020-02-03}'::date[] as b`,
  ),
  'a parser that throws': withOptions(
    () => ({
      types: {
        mine: {
          to: 23,
          from: [23],
          serialize: String,
          parse: () => {
            throw new Error('mine');
          },
        },
      },
    }),
    async (sql) => [await codeOf(() => sql`select 1 as a`), await sql`select 'x' as b`],
  ),
  'a serializer that throws': withOptions(
    () => ({
      types: {
        mine: {
          to: 600,
          from: [600],
          serialize: () => {
            throw new Error('mine');
          },
          parse: String,
        },
      },
    }),
    async (sql) => [await codeOf(() => sql`select ${'x'}::point as a`), await sql`select 'x' as b`],
  ),
  'fetch_types: false': withOptions(
    () => ({ fetch_types: false }),
    async (sql) => [
      await sql`select '{1,2}'::int[] as ints, 'sad'::mood as mood`,
      await sql`select ${'{1,2}'}::int[] as ints`,
      await failure(() => sql`select ${sql.array([1, 2])}::int[] as ints`),
    ],
  ),
  'an array in the first query': withOptions(
    () => ({}),
    async (sql) => [
      await failure(() => sql`select ${sql.array([1, 2])}::int[] as ints`),
      await sql`select ${sql.array([1, 2])}::int[] as ints`,
    ],
  ),
};

export const transforming: [string, Step][] = [
  ...libSteps('transform', transformed),
  ...libSteps('types', types),
];
