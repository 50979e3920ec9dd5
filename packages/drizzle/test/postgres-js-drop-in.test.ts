import * as guarded from '@poolsafe/drizzle/postgres-js';
import { Pool } from '@poolsafe/pg';
import poolsafe from '@poolsafe/postgres';
import { sql } from 'drizzle-orm';
import * as bare from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { afterAll, inject, test } from 'vitest';
import { testConfigErrors, type Unusable } from '../../pg/test/config-errors.ts';
import { openDatabase, type Route } from '../../pg/test/database.ts';
import { comparisonOf } from './comparison.ts';
import { expectListenAllowed, expectRefusal, testEveryDriver } from './every-driver.ts';
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

same('options that are used twice, and never changed', async ({ drizzle }, url) => {
  const connection = Object.freeze({ url, max: 1, connection: Object.freeze({ application_name: 'shop' }) });
  const databases = [connection, connection].map((connection) => drizzle({ connection }));
  const rows = await Promise.all(
    databases.map(async (db) => [...(await db.execute(sql`show application_name`))]),
  );
  await Promise.all(databases.map((db) => db.$client.end()));
  return rows;
});

testEveryDriver({
  bare,
  guarded,
  exported: 'PostgresJsDatabase',
  same,
  overClient: ({ drizzle, postgres }, url, config) => drizzle({ client: postgres(url), ...config }),
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
  for (const { $client } of given) await expectListenAllowed($client);
});

test('a refusal is the cause of the error of Drizzle', async () => {
  const db = guarded.drizzle(database.through('latest').url);
  await expectRefusal(db);
  await db.$client.end();
});

const url = 'postgres://app:hunter2@127.0.0.1:6432/shop';
const foreign = postgres(url);
const wrong: Unusable<unknown[]> = [
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
  ['a startup parameter', [{ connection: { url, connection: { replication: 'true' } } }], /replication/],
];

testConfigErrors((given) => guarded.drizzle(...(given as [string])), wrong);
