import { PostgresDialect } from '@poolsafe/kysely';
import { Pool } from '@poolsafe/pg';
import { Kysely, sql } from 'kysely';
import { expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';
import { directTests, type MakeDialect } from './directing.ts';

const make: MakeDialect = (connectionString, poolsafe) =>
  new PostgresDialect({ pool: { connectionString, max: 1 }, poolsafe });

directTests(make);

test('a pool that a function gives for it is ended with it', async () => {
  const pools: Pool[] = [];
  const pool = async () => {
    pools.push(new Pool({ connectionString: 'postgres://127.0.0.1:1/shop', poolsafe: { pooler: 'direct' } }));
    return pools.at(-1) as Pool;
  };
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }).direct().direct() });
  await expect(sql`select 1`.execute(db)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await db.destroy();
  expect(pools.map(({ ending }) => ending)).toEqual([true]);
});

test('a query that is aborted is cancelled there', async () => {
  await using database = await openDatabase(inject('servers'));
  const dialect = make(database.through('latest').url, { direct: database.direct.url });
  const db = new Kysely<unknown>({ dialect: dialect.direct() });
  const running = "select 1 from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active'";
  const aborter = new AbortController();
  const options = { signal: aborter.signal, inflightQueryAbortStrategy: 'cancel query' as const };
  const aborted = sql`select pg_sleep(60)`.execute(db, options).catch((error) => error);
  await expect.poll(async () => (await database.admin(running)).length).toBe(1);
  aborter.abort();
  expect(await aborted).toBeInstanceOf(Error);
  await expect.poll(async () => (await database.admin(running)).length).toBe(0);
  await db.destroy();
});
