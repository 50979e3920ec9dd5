import { PostgresDialect } from '@poolsafe/kysely';
import { Client, Pool } from '@poolsafe/pg';
import { Kysely, sql } from 'kysely';
import pg from 'pg';
import { test } from 'vitest';
import { expectConfigError, testConfigErrors, type Unusable } from '../../pg/test/config-errors.ts';

const url = 'postgres://app:hunter2@127.0.0.1:6432/shop';
const connection = { connectionString: url };

const wrong: Unusable<unknown> = [
  ['nothing', undefined, /not a Pool/],
  ['no pool', {}, /not a Pool/],
  ['null', { pool: null }, /not a Pool/],
  ['a URL', { pool: url }, /give its options: `pool: \{ connectionString: url \}`/],
  ['a pool of pg', { pool: new pg.Pool(connection) }, /`new Pool\(\)` of '@poolsafe\/pg'/],
  ['a client', { pool: new Client(url) }, /not a Pool/],
  ['something like a pool', { pool: { connect() {}, end() {} } }, /not a Pool/],
  ['both a pool and poolsafe', { pool: new Pool(connection), poolsafe: {} }, /both a pool and `poolsafe`/],
  [
    'both a function and poolsafe',
    { pool: async () => new Pool(), poolsafe: {} },
    /both a pool and `poolsafe`/,
  ],
  ['a URL that is none', { pool: { connectionString: 'hunter2' } }, /no scheme/],
  ['a pooler nobody knows', { pool: connection, poolsafe: { pooler: 'pgbounce' } }, /"pgbounce"/],
  ['an option nobody knows', { pool: { ...connection, poolsafe: { poler: 1 } } }, /"poler"/],
  ['a startup parameter', { pool: { ...connection, options: '-B 10' } }, /options: -B/],
];

testConfigErrors((config) => new PostgresDialect(config as never), wrong);

const made: readonly [title: string, pool: unknown][] = [
  ['a pool of pg', new pg.Pool(connection)],
  ['options', connection],
  ['nothing', undefined],
];

for (const [title, pool] of made) {
  test(`ConfigError | a function that gives ${title}, at each query`, async () => {
    const db = new Kysely({ dialect: new PostgresDialect({ pool: (async () => pool) as never }) });
    for (let i = 0; i < 2; i += 1) {
      expectConfigError(await sql`select 1`.execute(db).catch((error) => error), /not a Pool/);
    }
  });
}
