import * as guarded from '@poolsafe/drizzle/node-postgres';
import * as poolsafe from '@poolsafe/pg';
import { sql } from 'drizzle-orm';
import * as bare from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { afterAll, expect, inject, test } from 'vitest';
import { testConfigErrors, type Unusable } from '../../pg/test/config-errors.ts';
import { openDatabase, type Route } from '../../pg/test/database.ts';
import { comparisonOf } from './comparison.ts';
import { expectListenAllowed, expectRefusal, testEveryDriver } from './every-driver.ts';
import { schema, setup, steps } from './steps.ts';

const database = await openDatabase(inject('servers'), ...setup);
afterAll(() => database[Symbol.asyncDispose]());

/** What an application imports. */
type Lib = Pick<typeof bare, 'drizzle'> & Pick<typeof pg, 'Pool' | 'Client'>;
const bareLib: Lib = { ...bare, ...pg };
const guardedLib = { ...guarded, ...poolsafe } as unknown as Lib;

const { same, sameSteps } = comparisonOf(bareLib, guardedLib, database);

const connection = (url: string) => ({ connectionString: url, max: 2 });

sameSteps({
  'url, config': ({ drizzle }, url) => drizzle(url, { schema }),
  'connection: url': ({ drizzle }, url) => drizzle({ connection: url, schema }),
  'connection: object': ({ drizzle }, url) => drizzle({ connection: connection(url), schema }),
  'client in the config': ({ drizzle, Pool }, url) => drizzle({ client: new Pool(connection(url)), schema }),
  'client, config': ({ drizzle, Pool }, url) => drizzle(new Pool(connection(url)), { schema }),
});

for (const [title, step] of steps) {
  same(`a Client | ${title}`, async ({ drizzle, Client }, url) => {
    const client = new Client(url);
    await client.connect();
    const result = await step(drizzle(client, { schema }));
    await client.end();
    return result;
  });
}

const one = sql`select 1 as one`;

same('url alone', async ({ drizzle, Pool }, url) => {
  const db = drizzle(url);
  const seen = [(await db.execute(one)).rows, db.$client instanceof Pool];
  await db.$client.end();
  return seen;
});

same('a client alone, of a pool', async ({ drizzle, Pool }, url) => {
  const pool = new Pool(connection(url));
  const client = await pool.connect();
  const [alone, inConfig] = [drizzle(client), drizzle({ client })];
  const seen = [
    (await alone.execute(one)).rows,
    await inConfig.transaction(async (tx) => (await tx.execute(one)).rows),
    [alone.$client === client, inConfig.$client === client, drizzle(pool).$client === pool],
  ];
  client.release();
  await pool.end();
  return seen;
});

same('a config that pg has used before', async ({ drizzle, Pool }, url) => {
  const { host, port, user, database, password } = new pg.Client(url);
  const parts = Object.freeze({ host, port, user, database, password, max: 1 } as pg.PoolConfig);
  // pg makes the password of these options non-enumerable.
  const { options } = new Pool(parts);
  const databases = [parts, parts, options].map((connection) => drizzle({ connection }));
  const rows = await Promise.all(databases.map(async (db) => (await db.execute(one)).rows));
  await Promise.all(databases.map((db) => db.$client.end()));
  return rows;
});

testEveryDriver({
  bare,
  guarded,
  exported: 'NodePgDatabase',
  same,
  overClient: ({ drizzle, Pool }, url, config) => drizzle({ client: new Pool(connection(url)), ...config }),
});

test('`poolsafe` counts beside the connection and inside it', async () => {
  const { url } = database.through('latest') satisfies Route;
  const given = [
    guarded.drizzle(url, { poolsafe: { allow: ['POOLSAFE_LISTEN'] } }),
    guarded.drizzle({ connection: url, poolsafe: { allow: ['POOLSAFE_LISTEN'] } }),
    guarded.drizzle({ connection: { connectionString: url, poolsafe: { allow: ['POOLSAFE_LISTEN'] } } }),
  ];
  for (const { $client } of given) await expectListenAllowed($client);
});

test('a refusal is the cause of the error of Drizzle', async () => {
  const db = guarded.drizzle(database.through('latest').url);
  await expectRefusal(db);
  expect(db.$client.totalCount).toBe(0);
  await db.$client.end();
});

const url = 'postgres://app:hunter2@127.0.0.1:6432/shop';
const wrong: Unusable<unknown[]> = [
  ['a pool of pg', [new pg.Pool()], /client that poolsafe does not guard/],
  ['a pool of pg, config', [new pg.Pool(), { schema }], /client that poolsafe does not guard/],
  ['a pool of pg in the config', [{ client: new pg.Pool() }], /client that poolsafe does not guard/],
  ['a client of pg', [new pg.Client()], /client that poolsafe does not guard/],
  ['something like a client', [{ query: () => {} }], /client that poolsafe does not guard/],
  ['no URL', [undefined], /nothing where a URL/],
  ['no URL, config', [undefined, { schema }], /nothing where a URL/],
  ['a number', [1], /something else where a URL/],
  [
    'both a client and poolsafe',
    [{ client: new poolsafe.Pool(), poolsafe: {} }],
    /both a client and `poolsafe`/,
  ],
  ['a client, and poolsafe', [new poolsafe.Pool(), { poolsafe: {} }], /both a client and `poolsafe`/],
  ['a URL that is none', ['hunter2'], /no scheme/],
  ['a pooler nobody knows', [url, { poolsafe: { pooler: 'pgbounce' } }], /"pgbounce"/],
  ['an option nobody knows', [{ connection: { connectionString: url, poolsafe: { poler: 1 } } }], /"poler"/],
  ['a startup parameter', [{ connection: { connectionString: url, options: '-B 10' } }], /options: -B/],
];

testConfigErrors((given) => guarded.drizzle(...(given as [string])), wrong);
