import { DataSource, type PostgresOptions } from '@poolsafe/typeorm';
import { BaseEntity, EntitySchema, type MigrationInterface, type QueryRunner } from 'typeorm';
import { afterAll, afterEach, expect, inject, test } from 'vitest';
import { openDatabase, type Route } from '../../pg/test/database.ts';
import { ownName, pidsOf } from '../../pg/test/lanes.ts';

const database = await openDatabase(inject('servers'));
const { admin } = database;
const opened: DataSource[] = [];
const poolers = inject('servers').poolers.map(({ name }) => name);

afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.isInitialized && one.destroy()));
  await admin('drop schema public cascade');
  await admin(`create schema public authorization ${database.role}`);
});
afterAll(() => database[Symbol.asyncDispose]());

type Migration = new () => MigrationInterface;
type Run = (runner: QueryRunner) => Promise<unknown>;

const migration = (time: number, up: Run, down: Run = async () => {}): Migration =>
  class {
    readonly name = `M170000000000${time}`;
    up = async (runner: QueryRunner) => void (await up(runner));
    down = async (runner: QueryRunner) => void (await down(runner));
  };

const statements =
  (...texts: string[]): Run =>
  async (runner) => {
    for (const text of texts) await runner.query(text);
  };

const create = migration(1, statements('create table note (id int primary key, body text)'));
const fill = migration(2, statements("insert into note values (1, 'once')", 'select pg_sleep(0.1)'));
const inSession = migration(
  3,
  statements(
    "set work_mem = '5MB'",
    'create temporary table chosen as select id from note',
    "insert into note select id + 1, current_setting('work_mem') from chosen",
  ),
);

async function deployment(
  route: Route,
  migrations: Migration[],
  own: Partial<PostgresOptions> & { direct?: boolean } = {},
): Promise<DataSource> {
  const { direct: isDirect = true, ...options } = own;
  const poolsafe = { ...route.poolsafe, ...(isDirect && { direct: database.direct.url }) };
  const given = { type: 'postgres', url: route.url, poolSize: 1, migrations, poolsafe, ...options } as const;
  const dataSource = new DataSource(given as PostgresOptions);
  opened.push(dataSource);
  return await dataSource.initialize();
}

const applied = async () =>
  (await admin('select name from migrations order by id')).map(({ name }) => Number(name.at(-1)));
const bodies = async () => (await admin('select body from note order by id')).map(({ body }) => body);

test.each(poolers)(
  'what needs a session is refused without `direct`, and done with it | %s',
  async (name) => {
    const route = database.through(name);
    const without = await deployment(route, [create, fill, inSession], { direct: false });
    await expect(without.runMigrations()).rejects.toMatchObject({ code: 'POOLSAFE_SESSION_SET' });
    const made = await deployment(route, [create, fill, inSession]);
    const ran = await made.runMigrations();
    expect(ran.map((one) => one.name.at(-1))).toEqual(['1', '2', '3']);
    expect([await applied(), await bodies()]).toEqual([
      [1, 2, 3],
      ['once', '5MB'],
    ]);
    // The pool itself is where it was.
    await expect(made.query("set work_mem = '5MB'")).rejects.toMatchObject({ code: 'POOLSAFE_SESSION_SET' });
  },
);

test.each(poolers)('an index that is built concurrently | %s', async (name) => {
  const index = migration(2, statements('create index concurrently on note (body)'));
  const made = await deployment(database.through(name), [create, index], {
    migrationsTransactionMode: 'none',
  });
  expect(await made.runMigrations()).toHaveLength(2);
});

const mixes: readonly (readonly [string, readonly boolean[]])[] = [
  ['all with `direct`', [true, true, true]],
  ['one without', [true, false, true]],
];

for (const name of poolers) {
  test.each(mixes)(
    `three deployments at once apply each migration once | ${name} | %s`,
    async (_, direct) => {
      for (const migrationsTransactionMode of ['all', 'each', 'none'] as const) {
        const own = { migrationsTransactionMode };
        const made = await Promise.all(
          direct.map((isDirect) =>
            deployment(database.through(name), [create, fill], { ...own, direct: isDirect }),
          ),
        );
        const ran = await Promise.all(made.map((each) => each.runMigrations()));
        expect(ran.map((each) => each.length).sort()).toEqual([0, 0, 2]);
        expect([await applied(), await bodies()]).toEqual([[1, 2], ['once']]);
        await admin('drop table note, migrations');
      }
    },
  );
}

test('three that revert the last one revert three, one of them without `direct`', async () => {
  const nothing = async () => {};
  const slow = statements("set app.k = 'v'", 'select pg_sleep(0.1)');
  const all = [create, fill, migration(4, nothing), migration(5, nothing, slow)];
  const route = database.through('latest');
  const made = await Promise.all([true, true, false].map((direct) => deployment(route, all, { direct })));
  await made[0]?.runMigrations();
  await made[0]?.undoLastMigration();
  await Promise.all(made.slice(1).map((each) => each.undoLastMigration()));
  expect(await applied()).toEqual([1]);
});

class Note extends BaseEntity {
  declare id: number;
  declare body: string;
}
const NoteSchema = new EntitySchema<Note>({
  name: 'note',
  target: Note,
  columns: { id: { type: Number, primary: true }, body: { type: String, nullable: true } },
});

test('entities are those of the same data source, in the migrations and after them', async () => {
  const seen: unknown[] = [];
  const bySave = migration(2, async (runner) => {
    await runner.query("set app.k = 'in the session'");
    await runner.manager.save(Note, { id: 1, body: 'saved' });
    const [row] = await runner.manager.query("select current_setting('app.k', true) as k");
    seen.push(row.k, await runner.manager.countBy(Note, { body: 'saved' }), runner.connection === made);
  });
  const made = await deployment(database.through('latest'), [create, bySave], { entities: [NoteSchema] });
  const metadata = made.getMetadata(Note);
  await made.runMigrations();
  expect(seen).toEqual(['in the session', 1, true]);
  expect(made.getMetadata(Note)).toBe(metadata);
  expect((Note as unknown as { dataSource: unknown }).dataSource).toBe(made);
  // Through the pooler, as before.
  expect(await Note.findOneByOrFail({ id: 1 })).toMatchObject({ body: 'saved' });
});

test('what is logged and what comes out is the same with and without', async () => {
  const outcomes: unknown[] = [];
  for (const direct of [false, true]) {
    const logged: unknown[] = [];
    const log = (kind: string) => (text: string) =>
      logged.push([kind, text.replace(/\d{4,}|executed on .*/g, '')]);
    const logger = {
      ...{ logQuery: log('query'), logQueryError: () => {}, logQuerySlow: () => {} },
      ...{ logSchemaBuild: log('schema'), logMigration: log('migration'), log: () => {} },
    };
    const broken = migration(3, statements('select nothing'));
    const made = await deployment(database.through('latest'), [create, fill], {
      direct,
      logger,
      logging: true,
    });
    const ran = await made.runMigrations({ transaction: 'each' });
    const again = await made.runMigrations();
    await made.undoLastMigration();
    const other = await deployment(database.through('latest'), [create, broken], { direct, logger });
    const error = await other.runMigrations().catch((error) => error);
    outcomes.push([ran.map(({ name }) => name), again, error.constructor.name, error.message, logged]);
    await admin('drop table note, migrations');
  }
  expect(outcomes[1]).toEqual(outcomes[0]);
});

test('migrations of the start, with a schema that is dropped before, and with replication', async () => {
  const { url } = database.through('latest');
  const replication = { master: { url }, slaves: [{ url: database.through('1.18').url }] };
  for (let n = 0; n < 2; n += 1) {
    const own = { url: undefined, replication, migrationsRun: true, dropSchema: true };
    await deployment(database.through('latest'), [create, fill, inSession], own as never);
    expect([await applied(), await bodies()]).toEqual([
      [1, 2, 3],
      ['once', '5MB'],
    ]);
  }
});

test('a connection that is lost fails the migration at once, and leaves no lock; none stays open', async () => {
  const name = ownName();
  // Of the direct lane alone: a pooler passes on the name of its clients.
  const poolsafe = { direct: `${database.direct.url}?application_name=${name}` };
  const sleeping = migration(2, statements('select pg_sleep(60)'));
  const made = await deployment(database.through('latest'), [create, sleeping], { poolsafe });
  const ended = made.runMigrations().catch((error) => error);
  const running = "select pid from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active'";
  await expect.poll(async () => (await admin(running)).length).toBe(1);
  await admin(`select pg_terminate_backend(pid) from (${running}) running`);
  expect(await ended).toMatchObject({ code: '57P01' });
  const next = await deployment(database.through('latest'), [create, fill], { poolsafe });
  expect(await next.runMigrations()).toHaveLength(2);
  await Promise.all([made, next].map((one) => one.destroy()));
  await expect.poll(() => pidsOf(database, name)).toEqual([]);
});
