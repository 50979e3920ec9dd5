import { PostgresDialect } from '@poolsafe/kysely';
import { Pool, type PoolConfig } from '@poolsafe/pg';
import * as bare from 'kysely';
import { type Dialect, Kysely, sql } from 'kysely';
import pg from 'pg';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';
import { compareWithKysely } from './drop-in.ts';

await compareWithKysely();

const database = await openDatabase(inject('servers'));
afterAll(() => database[Symbol.asyncDispose]());

test('options that pg has used before, and that are frozen', async () => {
  const { host, port, user, database: name, password } = new pg.Client(database.direct.url);
  const parts = Object.freeze({ host, port, user, database: name, password, max: 1, poolsafe: {} });
  // pg makes the password of these non-enumerable.
  const { options } = new Pool(parts as PoolConfig);
  for (const pool of [parts, options] as PoolConfig[]) {
    const db = new Kysely({ dialect: new PostgresDialect({ pool, poolsafe: { pooler: 'direct' } }) });
    expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
    await db.destroy();
  }
});

test('it is a dialect of kysely, and compiles as that', () => {
  const dialect = new PostgresDialect({ pool: {} });
  expect(dialect).toBeInstanceOf(bare.PostgresDialect);
  const compiled = (dialect: Dialect): bare.CompiledQuery =>
    new Kysely<{ t: { a: number } }>({ dialect }).selectFrom('t').where('a', '=', 1).selectAll().compile();
  const { sql, parameters } = compiled(new bare.PostgresDialect({ pool: {} as never }));
  expect(compiled(dialect)).toMatchObject({ sql, parameters });
});
