import type { PoolsafeOptions } from '@poolsafe/core';
import { type Dialect, Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { expect, inject, test } from 'vitest';
import { type Database, openDatabase } from '../../pg/test/database.ts';
import { ownName, pidsOf } from '../../pg/test/lanes.ts';

/** A dialect under test. */
type OwnDialect = Dialect & { direct(): Dialect };

/** Makes the dialect under test, of a pool of one. */
export type MakeDialect = (url: string, poolsafe: PoolsafeOptions) => OwnDialect;

const inSession = [
  'create table note (body text not null)',
  "insert into note values ('once')",
  "set work_mem = '5MB'",
  'create temporary table chosen as select body from note',
  "insert into note select body || current_setting('work_mem') from chosen",
];

async function migrate(db: Kysely<unknown>, texts: readonly string[], more: object = {}): Promise<unknown> {
  const up = async (on: Kysely<unknown>) => {
    for (const text of texts) await sql.raw(text).execute(on);
  };
  const provider = { getMigrations: async () => ({ '0001': { up } }) };
  const { error } = await new Migrator({ db, provider, ...more }).migrateToLatest();
  return error;
}

const bodies = async ({ admin }: Database) =>
  (await admin('select body from note order by body')).map(({ body }) => body);
const lockHolders = `select pid from pg_locks l join pg_database d on d.oid = l.database
  where locktype = 'advisory' and datname = current_database()`;

/** How a deployment migrates. */
const ways = {
  'on the direct lane': (dialect: OwnDialect) => dialect.direct(),
  'through the pooler, its lock on the direct lane': (dialect: OwnDialect) => dialect,
};

/**
 * What the direct lane does for kysely, whatever the driver. The migrator of the lowest version knows no
 * `disableTransactions`, and its lock is that of the migrating transaction.
 */
export function directTests(
  make: MakeDialect,
  { isLowest = false }: { readonly isLowest?: boolean } = {},
): void {
  const servers = inject('servers');
  const poolers = servers.poolers.map(({ name }) => name);
  const laneOf = ({ direct }: Database, name?: string) => ({
    direct: name === undefined ? direct.url : `${direct.url}?application_name=${name}`,
  });

  test.each(poolers)(
    'what needs a session is refused through the pooler, and done without it | %s',
    async (pooler) => {
      await using database = await openDatabase(servers);
      const dialect = make(database.through(pooler).url, laneOf(database));
      const [db, direct] = [
        new Kysely<unknown>({ dialect }),
        new Kysely<unknown>({ dialect: dialect.direct() }),
      ];
      const outcomes = [await migrate(db, inSession), await migrate(direct, inSession)];
      const index = ['create index concurrently on note (body)'];
      const others = { migrationTableName: 'others', migrationLockTableName: 'others_lock' };
      if (!isLowest) outcomes.push(await migrate(direct, index, { ...others, disableTransactions: true }));
      await direct.destroy();
      // Its pool goes on.
      const one = (await sql`select 1 as one`.execute(db)).rows;
      await db.destroy();
      expect(outcomes[0]).toMatchObject({ code: 'POOLSAFE_SESSION_SET' });
      expect(new Set(outcomes.slice(1))).toEqual(new Set([undefined]));
      expect(one).toEqual([{ one: 1 }]);
      expect(await bodies(database)).toEqual(['once', 'once5MB']);
    },
  );

  for (const disableTransactions of isLowest ? [false] : [false, true]) {
    test.each(poolers)(
      `deployments of all kinds apply once | %s | ${disableTransactions}`,
      async (pooler) => {
        await using database = await openDatabase(servers);
        const { url } = database.through(pooler);
        const texts = [
          'create table note (body text not null)',
          'select pg_sleep(0.2)',
          "insert into note values ('once')",
        ];
        const dialects = [
          ...Object.values(ways).map((way) => way(make(url, laneOf(database)))),
          make(url, {}),
          make(database.direct.url, { pooler: 'direct' }).direct(),
        ];
        const outcomes = await Promise.all(
          dialects.map(async (dialect) => {
            const db = new Kysely<unknown>({ dialect });
            const error = await migrate(db, texts, { disableTransactions });
            await db.destroy();
            return error;
          }),
        );
        expect(outcomes).toEqual(dialects.map(() => undefined));
        expect(await bodies(database)).toEqual(['once']);
        expect(await database.admin(lockHolders)).toEqual([]);
      },
    );
  }

  const lockWays = isLowest ? [] : Object.entries(ways);
  test.each(lockWays)('a lock that is lost fails the migration | %s', async (_, way) => {
    await using database = await openDatabase(servers);
    const name = ownName();
    const db = new Kysely<unknown>({
      dialect: way(make(database.through('latest').url, laneOf(database, name))),
    });
    const migrating = migrate(db, ['create table note (body text)', 'select pg_sleep(60)']);
    const holders = `${lockHolders} and pid in (select pid from pg_stat_activity where application_name = '${name}')`;
    await expect.poll(async () => (await database.admin(holders)).length).toBe(1);
    await expect
      .poll(() =>
        database.admin(
          "select 1 from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active'",
        ),
      )
      .toHaveLength(1);
    await database.admin(`select pg_terminate_backend(pid) from (${holders}) as holders`);
    expect(await migrating).toMatchObject({ message: expect.stringMatching(/lock was lost/) });
    await db.destroy();
    await expect.poll(() => pidsOf(database, name)).toEqual([]);
  });

  test('each connection is a session of its own, and is closed', async () => {
    await using database = await openDatabase(servers);
    const name = ownName();
    const db = new Kysely<unknown>({
      dialect: make(database.through('latest').url, laneOf(database, name)).direct(),
    });
    const asked = sql<{ k: string }>`select current_setting('app.k', true) as k`;
    await db.connection().execute(async (one) => {
      await sql`set app.k = 'mine'`.execute(one);
      expect((await asked.execute(one)).rows).toEqual([{ k: 'mine' }]);
    });
    expect((await asked.execute(db)).rows).toEqual([{ k: null }]);
    await db.transaction().execute(async (trx) => {
      await sql`set local app.k = 'its'`.execute(trx);
      expect((await asked.execute(trx)).rows).toEqual([{ k: 'its' }]);
    });
    await expect.poll(() => pidsOf(database, name)).toEqual([]);
    await db.destroy();
  });

  test('without a direct lane, its first query says where it is found', async () => {
    const dialect = make('postgres://u:hunter2@ep-x-pooler.eu.aws.neon.tech/shop', {});
    const db = new Kysely<unknown>({ dialect: dialect.direct() });
    const error = await sql`select 1`.execute(db).catch((error) => error);
    await db.destroy();
    expect(error).toMatchObject({ code: 'POOLSAFE_CONFIG', message: expect.stringContaining('Neon') });
    expect(error.message).not.toContain('hunter2');
  });
}
