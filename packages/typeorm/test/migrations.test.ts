import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from '@poolsafe/typeorm';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { afterAll, afterEach, expect, inject, test } from 'vitest';
import { openDatabase, type Route } from '../../pg/test/database.ts';
import type { Postgres } from './drop-in/lib.ts';

const database = await openDatabase(inject('servers'));
const opened: DataSource[] = [];
const { role, admin } = database;

const locks = () =>
  admin(`select l.pid from pg_locks l join pg_stat_activity a using (pid)
    where l.locktype = 'advisory' and a.datname = current_database()`);

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.isInitialized && one.destroy()));
  await admin(`alter role ${role} reset all`);
  await until(async () => (await locks()).length === 0);
  await admin('drop table if exists note, migrations');
});
afterAll(() => database[Symbol.asyncDispose]());

type Migration = new () => MigrationInterface;

const migration = (time: number, ...texts: string[]): Migration => {
  const run = async (runner: QueryRunner) => {
    for (const text of texts) await runner.query(text);
  };
  return class {
    readonly name = `M170000000000${time}`;
    up = run;
    down = async (runner: QueryRunner) => {
      await runner.query('select pg_sleep(0.1)');
    };
  };
};

const create = migration(1, 'select pg_sleep(0.2)', 'create table note (n int)');
const fill = migration(2, 'insert into note values (1)', 'select pg_sleep(0.2)');
const broken = migration(3, 'insert into note values (3)', 'select nothing');

async function deployment(
  { url }: Route,
  migrations: Migration[],
  own: Partial<Postgres> = {},
): Promise<DataSource> {
  const dataSource = new DataSource({ type: 'postgres', url, poolSize: 1, migrations, ...own });
  opened.push(dataSource);
  return await dataSource.initialize();
}

const applied = async () =>
  (await admin('select timestamp::int8 % 10 as time from migrations order by id')).map(({ time }) =>
    Number(time),
  );
const notes = async () => (await admin('select n from note order by n')).map(({ n }) => n);

for (const route of database.routes) {
  for (const transaction of ['all', 'each', 'none'] as const) {
    test(`three deployments at once apply each migration once | ${route.name} | ${transaction}`, async () => {
      const own = { migrationsTransactionMode: transaction };
      const made = await Promise.all(
        [own, { ...own, schema: 'public' }, own].map((each) => deployment(route, [create, fill], each)),
      );
      const ran = await Promise.all(made.map((each) => each.runMigrations()));
      expect(ran.map((each) => each.length).sort()).toEqual([0, 0, 2]);
      expect(await locks()).toEqual([]);
      expect([await applied(), await notes()]).toEqual([[1, 2], [1]]);
    });

    test(`one of three fails | ${route.name} | ${transaction}`, async () => {
      const given = [
        [create, fill],
        [create, fill, broken],
        [create, fill],
      ];
      const made = await Promise.all(
        given.map((each) => deployment(route, each, { migrationsTransactionMode: transaction })),
      );
      const ran = await Promise.allSettled(made.map((each) => each.runMigrations()));
      expect(await locks()).toEqual([]);
      expect(ran.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect((ran[1] as PromiseRejectedResult).reason.message).toBe('column "nothing" does not exist');
      expect([await applied(), await notes()]).toEqual([[1, 2], transaction === 'none' ? [1, 3] : [1]]);
    });
  }

  test(`three applications that migrate when they start | ${route.name}`, async () => {
    const own = { migrationsRun: true };
    await Promise.all([1, 2, 3].map(() => deployment(route, [create, fill], own)));
    expect([await applied(), await notes()]).toEqual([[1, 2], [1]]);
  });

  test(`three that revert the last one revert three | ${route.name}`, async () => {
    const all = [create, fill, migration(4), migration(5)];
    const made = await Promise.all([1, 2, 3].map(() => deployment(route, all)));
    await made[0]?.runMigrations();
    await Promise.all(made.map((each) => each.undoLastMigration()));
    expect(await applied()).toEqual([1]);
  });
}

const pooled = database.through('latest');

test('the lock outlives the time that a transaction may be idle', async () => {
  await admin(`alter role ${role} set idle_in_transaction_session_timeout = '4s'`);
  const made = await deployment(database.direct, [migration(1, 'select pg_sleep(5)')]);
  expect(await made.runMigrations()).toHaveLength(1);
});

test('losing the lock is an error at once', async () => {
  const sleeping = 'select pg_sleep(60)';
  const made = await deployment(database.direct, [migration(1, sleeping)]);
  const ended = made.runMigrations().catch((error) => error);
  await until(async () => (await locks()).length > 0);
  await admin('select pg_terminate_backend($1)', [(await locks())[0]?.pid]);
  expect(await ended).toMatchObject({ code: '57P01' });
  const running = 'select pid from pg_stat_activity where query = $1';
  await admin(`select pg_terminate_backend(pid) from (${running}) running`, [sleeping]);
  await until(async () => (await admin(running, [sleeping])).length === 0);
});

test('an index can be built concurrently, whatever the isolation level of the role', async () => {
  await admin(`alter role ${role} set default_transaction_isolation = 'serializable'`);
  const concurrently = migration(2, 'create index concurrently on note (n)');
  const made = await deployment(database.direct, [create, concurrently], {
    migrationsTransactionMode: 'none',
  });
  expect(await made.runMigrations()).toHaveLength(2);
});

test('those that wait hold no server connection', async () => {
  const first = await deployment(pooled, [migration(1, 'select pg_sleep(1.5)')]);
  const running = first.runMigrations();
  await until(async () => (await locks()).length > 0);
  const others = await Promise.all([1, 2, 3, 4].map(() => deployment(pooled, [])));
  const waiting = Promise.all(others.map((each) => each.runMigrations()));
  const open =
    "select 1 from pg_stat_activity where datname = current_database() and state like '%in transaction%'";
  // The one that holds the lock; those that try come and go.
  await until(async () => (await admin(open)).length === 1);
  expect((await running).length).toBe(1);
  expect((await waiting).flat()).toEqual([]);
});
