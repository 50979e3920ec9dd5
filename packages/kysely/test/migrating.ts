import type { PoolerUnderTest } from '@poolsafe/conformance';
import { type Kysely, sql } from 'kysely';
import { type MigrationResultSet, Migrator } from 'kysely/migration';
import { expect, inject, test } from 'vitest';
import { openSite } from '../../conformance/src/site.ts';
import { type Database, openDatabase } from '../../pg/test/database.ts';
import { closeGate, until } from './waiting.ts';

/** Opens a database of kysely with the dialect under test. */
export type Open = (url: string, max: number) => Kysely<unknown>;

/** Each migration, by its name, as SQL. */
type Migrations = Readonly<Record<string, string>>;

/** How an application runs its migrations. */
export interface Mode {
  run(db: Kysely<unknown>, migrations: Migrations): Promise<MigrationResultSet>;
  /** What it says when the lock is lost. */
  readonly lost: RegExp;
}

const migratorOf = (db: Kysely<unknown>, migrations: Migrations, more = {}) => {
  const up = (text: string) => ({
    up: async (on: Kysely<unknown>) => void (await sql.raw(text).execute(on)),
  });
  const getMigrations = async () =>
    Object.fromEntries(Object.entries(migrations).map(([name, text]) => [name, up(text)]));
  return new Migrator({ db, provider: { getMigrations }, ...more });
};

/** The lock is the migrating transaction's. */
export const inTransaction: Mode = {
  run: (db, migrations) => migratorOf(db, migrations).migrateToLatest(),
  lost: /terminat|crashed|connection error/,
};

const modes: Readonly<Record<string, Mode>> = {
  'each in a transaction': { ...inTransaction, lost: /lock was lost/ },
  'without transactions': {
    run: (db, migrations) => migratorOf(db, migrations, { disableTransactions: true }).migrateToLatest(),
    lost: /lock was lost/,
  },
  "in the application's own transaction": {
    ...inTransaction,
    run: (db, migrations) =>
      db
        .transaction()
        .execute(async (trx) => {
          const result = await inTransaction.run(trx, migrations);
          if (result.error !== undefined) throw result.error;
          return result;
        })
        .catch((error) => ({ error })),
  },
};

const good = { '0001': 'create table note (body text not null)', '0002': "insert into note values ('b')" };
const broken = { ...good, '0002': 'select 1 / (select count(*) from note)' };

async function applied({ admin }: Database): Promise<unknown> {
  const rows = await admin(
    "select body, (select string_agg(name, ',') from kysely_migration) as names from note",
  );
  const locks = await admin(lockHolders);
  return { rows, locks };
}

/** Waits for a gate in between. */
const gated = {
  '0001': 'create table note (body text not null)',
  '0002': "insert into note select 'b' from gate for update",
  '0003': "insert into note values ('c')",
};

const waiting = `select 1 from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock' and query like 'insert into note%'`;
const lockHolders = `select pid from pg_locks l join pg_database d on d.oid = l.database
  where locktype = 'advisory' and datname = current_database()`;

/** What a migration lock must do, whatever the driver. */
export function migrationTests(open: Open, some: Readonly<Record<string, Mode>> = modes): void {
  const servers = inject('servers');
  const names = ['direct', ...servers.poolers.map(({ name }) => name)];
  const routeOf = (database: Database, name: string) =>
    name === 'direct' ? database.direct : database.through(name);

  for (const [title, mode] of Object.entries(some)) {
    const deploy = async (
      url: string,
      migrations: Migrations,
    ): Promise<Partial<Error & { code: string }> | undefined> => {
      const db = open(url, 1);
      const { error } = await mode.run(db, migrations);
      await db.destroy();
      return error as Error | undefined;
    };

    test.each(names)(`${title} | %s | three deployments at once, one of which fails`, async (name) => {
      await using database = await openDatabase(servers);
      const { url } = routeOf(database, name);
      for (let round = 1; round <= 2; round += 1) {
        const [failed, ...rest] = await Promise.all([broken, good, good].map((each) => deploy(url, each)));
        expect(rest).toEqual([undefined, undefined]);
        // When the others were first, there is nothing left to fail.
        expect([undefined, '22012']).toContain(failed?.code);
        expect(await applied(database)).toEqual({ rows: [{ body: 'b', names: '0001,0002' }], locks: [] });
      }
    });

    test.each(names)(`${title} | %s | fails when its lock is lost, and the next succeeds`, async (name) => {
      await using database = await openDatabase(servers, 'create table gate as select 1 as n');
      const { url } = routeOf(database, name);
      const openGate = await closeGate(database.direct.url);
      const deployed = deploy(url, gated);
      await until(async () => (await database.admin(waiting)).length === 1);
      await database.admin(`select pg_terminate_backend(pid) from (${lockHolders}) as holders`);
      // With the gate still closed: nobody waits for the migration.
      expect((await deployed)?.message).toMatch(mode.lost);
      await openGate();
      expect(await deploy(url, gated)).toBe(undefined);
      const names = '0001,0002,0003';
      expect(await applied(database)).toEqual({
        rows: [
          { body: 'b', names },
          { body: 'c', names },
        ],
        locks: [],
      });
    });

    test.each(['1.18', 'latest'])(`${title} | %s | outlives idle_transaction_timeout`, async (name) => {
      const { spec } = servers.poolers.find((pooler) => pooler.name === name) as PoolerUnderTest;
      const settings = { ...spec.settings, idle_transaction_timeout: 2 };
      await using site = await openSite(servers.postgres, { ...spec, settings });
      expect(await deploy(site.url, { '0001': 'select pg_sleep(4)' })).toBe(undefined);
    });
  }

  test.each(names)('%s | two migrators of one application', async (name) => {
    await using database = await openDatabase(servers);
    const db = open(routeOf(database, name).url, 2);
    const ended = await Promise.all([good, good].map((each) => inTransaction.run(db, each)));
    await db.destroy();
    expect(ended.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(await applied(database)).toEqual({ rows: [{ body: 'b', names: '0001,0002' }], locks: [] });
  });
}

/** What may come before the migrator in a transaction, and must still be there when it has waited. */
const before: Readonly<Record<string, (trx: Kysely<unknown>) => Promise<unknown>>> = {
  'a statement': (trx) => sql`select n from mine for update`.execute(trx),
  'a stream': async (trx) => {
    const source = trx.selectFrom(sql<{ n: number }>`(select n from mine for update)`.as('mine')).select('n');
    for await (const _ of source.stream(1));
  },
};

/** That a migrator in the application's own transaction leaves alone what was done in that before, while it waits. */
export function ownTransactionTests(open: Open): void {
  for (const [title, work] of Object.entries(before)) {
    test(`a transaction with ${title} before the migrator keeps it while that waits`, async () => {
      const tables = ['gate', 'mine'].map((name) => `create table ${name} as select 1 as n`);
      await using database = await openDatabase(inject('servers'), ...tables);
      const openGate = await closeGate(database.direct.url);
      const waits = `${database.through('latest').url}?application_name=waits`;
      const [first, second] = [open(database.direct.url, 1), open(waits, 1)];
      const holding = inTransaction.run(first, gated);
      await until(async () => (await database.admin(waiting)).length === 1);
      const waited = second.transaction().execute(async (trx) => {
        await work(trx);
        return inTransaction.run(trx, gated);
      });
      const tried = `select 1 from pg_stat_activity where datname = current_database()
        and application_name = 'waits' and state = 'idle in transaction' and query like '%pg_try_advisory_xact_lock%'`;
      await until(async () => (await database.admin(tried)).length > 0);
      expect(await database.admin('select n from mine for update skip locked')).toEqual([]);
      await openGate();
      expect((await holding).error).toBe(undefined);
      expect((await waited).error).toBe(undefined);
      await Promise.all([first.destroy(), second.destroy()]);
    });
  }
}
