import type { MigrationInterface, QueryRunner } from 'typeorm';
import { failure, optionsOf, type Postgres, recorder, type Step, withDataSource } from './lib.ts';

class First1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table first (n int)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table first');
  }
}

class Second1700000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('insert into first values ($1)', [Number(runner.isTransactionActive)]);
    await runner.manager.transaction((manager) => manager.query('insert into first values (2)'));
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('delete from first');
  }
}

class Third1700000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('select nothing');
  }
  async down(): Promise<void> {}
}

class Alone1700000000004 implements MigrationInterface {
  readonly transaction = false;
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create index concurrently on first (n)');
  }
  async down(): Promise<void> {}
}

const names = (migrations: readonly { readonly name: string }[]) => migrations.map(({ name }) => name);
const left = 'drop table if exists first, migrations, applied';

/** Applies, shows and reverts migrations with these options, and puts everything back. */
const migrating =
  (own: Partial<Postgres>, given?: { transaction?: 'all' | 'each' | 'none'; fake?: boolean }): Step =>
  async (lib, route) => {
    const { logger, told } = recorder();
    const migrations = [Second1700000000002, First1700000000001];
    const options = optionsOf(route, { poolSize: 1, migrations, logger, ...own });
    const table = own.migrationsTableName ?? 'migrations';
    const seen = await withDataSource(lib, options, async (dataSource) => {
      const ran = own.migrationsRun ? ['at the start'] : names(await dataSource.runMigrations(given));
      const again = names(await dataSource.runMigrations(given));
      const shown = await dataSource.showMigrations();
      const rows = await dataSource.query(`select timestamp, name from ${table} order by id`);
      const written = given?.fake ? [] : await dataSource.query('select n from first order by n');
      const undone = [await dataSource.undoLastMigration(given), await dataSource.showMigrations()];
      undone.push(await dataSource.undoLastMigration(given));
      const after = await dataSource.query(`select name from ${table}`);
      await dataSource.query(left);
      return [ran, again, shown, rows, written, undone, after];
    });
    return [seen, told.filter((line) => ['schema', 'migration'].includes((line as string[])[0] as string))];
  };

/** Applies what cannot be applied, in some order of transactions. */
const failing =
  (transaction: 'all' | 'each' | 'none'): Step =>
  (lib, route) => {
    const migrations = [First1700000000001, Second1700000000002, Third1700000000003];
    return withDataSource(lib, optionsOf(route, { migrations }), async (dataSource) => {
      const said = await failure(() => dataSource.runMigrations({ transaction }));
      const rows = await dataSource.query('select name from migrations order by id');
      const pending = await dataSource.showMigrations();
      await dataSource.query(left);
      return [said, rows, pending, await dataSource.query("select to_regclass('first') as left_over")];
    });
  };

/** What one deployment does on its own is what TypeORM does. */
export const migrationSteps: Readonly<Record<string, Step>> = {
  'migrations, all in one transaction': migrating({}),
  'migrations, each in its own': migrating({}, { transaction: 'each' }),
  'migrations, in no transaction': migrating({ migrationsTransactionMode: 'none' }),
  'migrations, fake': migrating({}, { fake: true }),
  'migrations, in a table of another name': migrating({ migrationsTableName: 'applied', schema: 'public' }),
  'migrations, at the start': migrating({ migrationsRun: true, migrationsTransactionMode: 'each' }),
  'migrations, failing, all in one transaction': failing('all'),
  'migrations, failing, each in its own': failing('each'),
  'migrations, failing, in no transaction': failing('none'),
  'migrations, failing at the start': async (lib, route) => {
    const options = optionsOf(route, { migrations: [Third1700000000003], migrationsRun: true });
    const dataSource = new lib.DataSource(options);
    const said = [await failure(() => dataSource.initialize()), dataSource.isInitialized];
    await withDataSource(lib, optionsOf(route), (other) => other.query(left));
    return said;
  },
  'migrations, one with a mode of its own': (lib, route) => {
    const migrations = [First1700000000001, Alone1700000000004];
    return withDataSource(lib, optionsOf(route, { migrations }), async (dataSource) => {
      const seen = [
        await failure(() => dataSource.runMigrations()),
        names(await dataSource.runMigrations({ transaction: 'each' })),
      ];
      await dataSource.query(left);
      return seen;
    });
  },
  'migrations, none': (lib, route) =>
    withDataSource(lib, optionsOf(route), async (dataSource) => {
      const seen = [await dataSource.runMigrations(), await dataSource.undoLastMigration()];
      await dataSource.query(left);
      return seen;
    }),
  'migrations, before the start': async (lib, route) => {
    const dataSource = new lib.DataSource(optionsOf(route));
    return [
      await failure(() => dataSource.runMigrations()),
      await failure(() => dataSource.undoLastMigration()),
    ];
  },
};
