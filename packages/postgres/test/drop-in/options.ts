import { connect, type Step } from './lib.ts';
import { codeOf, failure, shapeOf } from './shape.ts';
import { libSteps, type SqlStep, sqlSteps } from './sql-steps.ts';
import { withOptions } from './with-options.ts';

const listeners: Record<string, Step> = {
  onnotice: withOptions(
    (_, seen) => ({ onnotice: (notice: unknown) => seen.push(notice) }),
    async (sql) => {
      await sql`do $$ begin raise notice 'look' using detail = 'd'; end $$`;
      await sql`do $$ begin raise warning 'there'; end $$`.simple();
      await sql`drop table if exists nothing`;
    },
  ),
  'notices go to the console': async (lib, route) => {
    const seen: unknown[] = [];
    const { log } = console;
    console.log = (...given) => seen.push(given);
    try {
      const sql = connect(lib, route, { onnotice: undefined });
      await sql`do $$ begin raise notice 'look'; end $$`;
      await sql.end();
    } finally {
      console.log = log;
    }
    return seen;
  },
  'debug, a function': withOptions(
    (_, seen) => ({
      debug: (id: unknown, query: unknown, parameters: unknown[], types: unknown[]) =>
        /pg_catalog|^(begin|commit)/.test(String(query)) ||
        seen.push([typeof id, query, [...parameters], [...types]]),
    }),
    async (sql) => {
      await sql`select ${1}::int as a, ${'x'} as b, ${new Date(0)} as c`;
      await sql`select 1; select 2`.simple();
      await sql.begin((tx) => tx`select ${true} as d`);
      return failure(() => sql`select 1 / 0`);
    },
  ),
  onclose: withOptions(
    (_, seen) => ({ onclose: (id: unknown) => seen.push(typeof id), max: 2 }),
    (sql) => Promise.all([sql`select pg_sleep(0.1)`, sql`select pg_sleep(0.1)`]),
  ),
  'onclose and debug tell the same number': withOptions(
    (_, seen) => ({ debug: (id: unknown) => seen.push(id), onclose: (id: unknown) => seen.push(id) }),
    (sql) => sql`select 1`,
  ),
  'parameters and onparameter': withOptions(
    (_, seen) => ({
      connection: { application_name: 'told' },
      onparameter: (key: string, value: unknown) => key === 'client_encoding' && seen.push([key, value]),
    }),
    async (sql) => {
      await sql`select 1`;
      const { client_encoding, standard_conforming_strings } = sql.parameters as unknown as Record<
        string,
        unknown
      >;
      return [client_encoding, standard_conforming_strings];
    },
  ),
};

Object.assign(listeners, {
  'onnotice that throws': withOptions(
    () => ({
      onnotice: () => {
        throw new Error('mine');
      },
    }),
    async (sql) => [
      await codeOf(() => sql`do $$ begin raise notice 'look'; end $$`),
      await sql`select 1 as a`,
    ],
  ),
  'debug that throws': withOptions(
    () => ({
      debug: (_: unknown, query: string) => {
        if (query.includes('bad')) throw new Error('mine');
      },
    }),
    async (sql) => [await codeOf(() => sql`select 1 as bad`), await sql`select 1 as good`],
  ),
  'parsers that are changed later': withOptions(
    () => ({}),
    async (sql) => {
      const before = await sql`select 1 as a`;
      (sql.options as unknown as { parsers: Record<number, unknown> }).parsers[23] = (text: string) =>
        `<${text}>`;
      return [before, await sql`select 2 as a`];
    },
  ),
});

/** The function that says the number of a connection may not say the same number twice. */
const numbers = listeners['onclose and debug tell the same number'] as Step;
listeners['onclose and debug tell the same number'] = async (lib, route) => {
  const [, seen] = (await numbers(lib, route)) as [unknown, unknown[]];
  return new Set(seen).size;
};

const others: Record<string, SqlStep> = {
  application_name: (sql) => sql`show application_name`,
  options: (sql) => {
    const {
      max,
      host,
      port,
      database,
      user,
      pass,
      idle_timeout,
      connect_timeout,
      max_lifetime,
      fetch_types,
      debug,
      transform,
      types,
      ssl,
    } = sql.options as unknown as Record<string, unknown>;
    const rest = { max, idle_timeout, connect_timeout, fetch_types, debug, transform, types, ssl };
    return shapeOf([
      rest,
      [host, port, database, user, pass].map((value) => typeof value),
      typeof max_lifetime,
    ]);
  },
};

const plain: Record<string, SqlStep> = {
  'prepare: false': (sql) => sql`select ${1}::int as a, ${'x'} as b`,
};

export const options: [string, Step][] = [
  ...libSteps('option', listeners),
  ...sqlSteps('option', others, {
    connection: { application_name: 'mine' },
    idle_timeout: 5,
    connect_timeout: 7,
  }),
  ...sqlSteps('option', plain, { prepare: false }),
];
