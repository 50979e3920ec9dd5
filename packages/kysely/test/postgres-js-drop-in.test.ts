import { PostgresJSDialect } from '@poolsafe/kysely/postgres-js';
import safe from '@poolsafe/postgres';
import { Kysely, sql } from 'kysely';
import * as bare from 'kysely-postgres-js';
import postgres from 'postgres';
import { afterAll, expect, inject, test } from 'vitest';
import { expectConfigError, testConfigErrors, type Unusable } from '../../pg/test/config-errors.ts';
import { openDatabase } from '../../pg/test/database.ts';
import { compareWithPostgresJS } from './postgres-js-drop-in.ts';

await compareWithPostgresJS();

const database = await openDatabase(inject('servers'));
afterAll(() => database[Symbol.asyncDispose]());

test('it is a dialect of kysely-postgres-js', () => {
  const dialect = new PostgresJSDialect({ postgres: database.direct.url });
  expect(dialect).toBeInstanceOf(bare.PostgresJSDialect);
});

test('`poolsafe` counts beside the options and inside them', async () => {
  const { url } = database.through('latest');
  const poolsafe = { allow: ['POOLSAFE_SET_CONFIG' as const] };
  for (const config of [{ postgres: url, poolsafe }, { postgres: { url, poolsafe } }]) {
    const db = new Kysely({ dialect: new PostgresJSDialect(config) });
    expect((await sql`select set_config('a.b', 'c', false) as c`.execute(db)).rows).toEqual([{ c: 'c' }]);
    await db.destroy();
  }
});

const url = 'postgres://app:hunter2@127.0.0.1:6432/shop';

const wrong: Unusable<unknown> = [
  ['nothing', undefined, /not a client that poolsafe guards/],
  ['no client', {}, /not a client/],
  ['an empty URL', { postgres: '' }, /not a client/],
  ['a number', { postgres: 1 }, /not a client/],
  ['a client of postgres.js', { postgres: postgres(url) }, /`postgres\(\)` of '@poolsafe\/postgres'/],
  ['both a client and poolsafe', { postgres: safe(url), poolsafe: {} }, /both a client and `poolsafe`/],
  [
    'both a function and poolsafe',
    { postgres: () => safe(url), poolsafe: {} },
    /both a client and `poolsafe`/,
  ],
  ['a URL that is none', { postgres: 'hunter2' }, /URL/],
  ['a pooler nobody knows', { postgres: url, poolsafe: { pooler: 'pgbounce' } }, /"pgbounce"/],
  ['an option nobody knows', { postgres: { url, poolsafe: { poler: 1 } } }, /"poler"/],
  ['a startup parameter', { postgres: { url, connection: { replication: 'true' } } }, /replication/],
];

testConfigErrors((config) => new PostgresJSDialect(config as never), wrong);

test('ConfigError | a function that gives a client of postgres.js, at each query', async () => {
  const db = new Kysely({
    dialect: new PostgresJSDialect({ postgres: (() => postgres(url)) as never }),
  });
  for (let i = 0; i < 2; i += 1) {
    expectConfigError(await sql`select 1`.execute(db).catch((error) => error), /not a client/);
  }
});
