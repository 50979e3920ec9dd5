import { ConfigError, HazardError } from '@poolsafe/core';
import * as guarded from '@poolsafe/drizzle/postgres-js';
import { Pool } from '@poolsafe/pg';
import poolsafe from '@poolsafe/postgres';
import { asc, sql } from 'drizzle-orm';
import { pgTable, text } from 'drizzle-orm/pg-core';
import * as bare from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase, type Route } from '../../pg/test/database.ts';
import { comparisonOf } from './comparison.ts';
import { schema, setup } from './steps.ts';

const database = await openDatabase(inject('servers'), ...setup);
afterAll(() => database[Symbol.asyncDispose]());

/** What an application imports. */
interface Lib {
  readonly drizzle: typeof bare.drizzle;
  readonly postgres: typeof postgres;
}
const bareLib: Lib = { drizzle: bare.drizzle, postgres };
const guardedLib = { drizzle: guarded.drizzle, postgres: poolsafe } as unknown as Lib;
const { same, sameSteps } = comparisonOf(bareLib, guardedLib, database);

function partsOf(url: string) {
  const { hostname, port, username, password, pathname } = new URL(url);
  const [user, decoded] = [username, password].map(decodeURIComponent);
  return { host: hostname, port: Number(port), user, password: decoded, database: pathname.slice(1), max: 2 };
}

sameSteps({
  'url, config': ({ drizzle }, url) => drizzle(url, { schema }),
  'connection: url': ({ drizzle }, url) => drizzle({ connection: url, schema }),
  'connection: url and options': ({ drizzle }, url) => drizzle({ connection: { url, max: 2 }, schema }),
  'connection: options': ({ drizzle }, url) => drizzle({ connection: partsOf(url) as object, schema }),
  'client in the config': ({ drizzle, postgres }, url) =>
    drizzle({ client: postgres(url, { max: 2 }), schema }),
  'client, config': ({ drizzle, postgres }, url) => drizzle(postgres(url, { max: 2 }), { schema }),
  'a client that prepares nothing': ({ drizzle, postgres }, url) =>
    drizzle(postgres(url, { max: 2, prepare: false }), { schema }),
});

const one = sql`select 1 as one`;

same('url alone', async ({ drizzle }, url) => {
  const db = drizzle(url);
  const seen = [[...(await db.execute(one))], typeof db.$client, db.$client.options.max];
  await db.$client.end();
  return seen;
});

same('a client alone', async ({ drizzle, postgres }, url) => {
  const client = postgres(url, { max: 1 });
  const [alone, inConfig] = [drizzle(client), drizzle({ client })];
  const seen = [
    [...(await alone.execute(one))],
    await inConfig.transaction(async (tx) => [...(await tx.execute(one))]),
    [alone.$client === client, inConfig.$client === client],
  ];
  await client.end();
  return seen;
});

same('the client reads and writes dates and JSON as Drizzle set it', async ({ drizzle, postgres }, url) => {
  const client = postgres(url, { max: 1 });
  drizzle(client);
  const seen = [
    await client`select '2020-02-03'::date as d, '2020-02-03 04:05:06Z'::timestamptz as t, '{"a": 1}'::jsonb as j`,
    await client`select ${'[1]'}::jsonb as j, ${'2020-02-03 04:05:06'}::timestamp::text as t`,
  ];
  await client.end();
  return seen;
});

same('logger and casing', async ({ drizzle, postgres }, url) => {
  const logged: unknown[] = [];
  const logger = { logQuery: (query: string, params: unknown[]) => logged.push([query, params]) };
  const client = postgres(url);
  const notes = pgTable('note', { firstLine: text() });
  const db = drizzle({ client, logger: logger as never, casing: 'snake_case' });
  const built = db.select().from(notes).orderBy(asc(notes.firstLine)).toSQL();
  await db.execute(one);
  await db.transaction((tx) => tx.execute(sql`select ${1}::int`));
  await client.end();
  return [built, logged];
});

same('options that are used twice, and never changed', async ({ drizzle }, url) => {
  const connection = Object.freeze({ url, max: 1, connection: Object.freeze({ application_name: 'shop' }) });
  const databases = [connection, connection].map((connection) => drizzle({ connection }));
  const rows = await Promise.all(
    databases.map(async (db) => [...(await db.execute(sql`show application_name`))]),
  );
  await Promise.all(databases.map((db) => db.$client.end()));
  return rows;
});

same('an unusable login', async ({ drizzle }, url) => {
  const db = drizzle(url.replace(/:[^:@]+@/, ':wrong@'));
  const error = await db.execute(one).catch((error) => error);
  await db.$client.end();
  return [error.constructor.name, error.cause.constructor.name, /^(28P01|08P01)$/.test(error.cause.code)];
});

test('mock builds SQL as before, and has no client', () => {
  const [mine, theirs] = [guarded.drizzle.mock({ schema }), bare.drizzle.mock({ schema })];
  const built = (db: bare.PostgresJsDatabase) =>
    db
      .select({ one: sql`1` })
      .from(pgTable('t', { a: text() }))
      .toSQL();
  expect(built(mine as never)).toEqual(built(theirs as never));
});

test('everything else is that of drizzle-orm', () => {
  const { drizzle: _, ...rest } = bare;
  expect({ ...guarded }).toMatchObject(rest);
  expect(Object.keys(rest)).toContain('PostgresJsDatabase');
});

test('`poolsafe` counts beside the connection and inside it', async () => {
  const { url } = database.through('latest') satisfies Route;
  const allow = { allow: ['POOLSAFE_LISTEN'] } as const;
  const given = [
    guarded.drizzle(url, { poolsafe: allow }),
    guarded.drizzle({ connection: url, poolsafe: allow }),
    guarded.drizzle({ connection: { url, poolsafe: allow } }),
    guarded.drizzle(poolsafe(url, { poolsafe: allow })),
  ];
  for (const { $client } of given) {
    expect($client.poolsafe.allow).toEqual(['POOLSAFE_LISTEN']);
    await $client.end();
  }
});

test('a refusal is the cause of the error of Drizzle', async () => {
  const db = guarded.drizzle(database.through('latest').url);
  const error = await db.execute(sql`select set_config('a.b', ${'hunter2'}, false)`).catch((error) => error);
  expect(error.cause).toBeInstanceOf(HazardError);
  expect(error.cause.message).not.toContain('hunter2');
  await db.$client.end();
});

const url = 'postgres://app:hunter2@127.0.0.1:6432/shop';
const foreign = postgres(url);
const wrong: readonly [title: string, given: unknown[], says: RegExp][] = [
  ['a client of postgres.js', [foreign], /client that poolsafe does not guard/],
  ['a client of postgres.js, config', [foreign, { schema }], /client that poolsafe does not guard/],
  ['a client of postgres.js in the config', [{ client: foreign }], /client that poolsafe does not guard/],
  ['a pool of @poolsafe/pg', [new Pool()], /client that poolsafe does not guard/],
  ['no URL', [undefined], /nothing where a URL/],
  ['no URL, config', [undefined, { schema }], /nothing where a URL/],
  ['a number', [1], /something else where a URL/],
  ['both a client and poolsafe', [{ client: poolsafe(url), poolsafe: {} }], /both a client and `poolsafe`/],
  ['a client, and poolsafe', [poolsafe(url), { poolsafe: {} }], /both a client and `poolsafe`/],
  ['a URL that is none', ['hunter2'], /no scheme/],
  ['a pooler nobody knows', [url, { poolsafe: { pooler: 'pgbounce' } }], /"pgbounce"/],
  ['an option nobody knows', [{ connection: { url, poolsafe: { poler: 1 } } }], /"poler"/],
  [
    'a startup parameter',
    [{ connection: { url, connection: { statement_timeout: 1 } } }],
    /statement_timeout/,
  ],
];

for (const [title, given, says] of wrong) {
  test(`ConfigError | ${title}`, () => {
    let error: unknown;
    try {
      guarded.drizzle(...(given as [string]));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(says);
    expect((error as Error).message).not.toContain('hunter2');
  });
}
