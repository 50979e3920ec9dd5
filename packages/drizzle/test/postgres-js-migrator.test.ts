import * as guarded from '@poolsafe/drizzle/postgres-js';
import * as guardedMigrator from '@poolsafe/drizzle/postgres-js/migrator';
import * as bare from 'drizzle-orm/postgres-js';
import * as bareMigrator from 'drizzle-orm/postgres-js/migrator';
import { expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';
import { folderOf } from './migrator/folder.ts';
import { migrateTheSame } from './migrator/same.ts';
import { type Lib, migrateDirectly, migrateTogether } from './migrator/together.ts';

/** Without the notices that postgres.js writes to the console. */
const quiet = ({ drizzle }: Pick<typeof bare, 'drizzle'>, { migrate }: typeof bareMigrator): Lib => ({
  drizzle: (url, config) => drizzle({ connection: { url, onnotice: () => {} }, ...config }),
  migrate: migrate as never,
});
const bareLib = quiet(bare, bareMigrator);
const safeLib = quiet(guarded as never, guardedMigrator);

migrateTogether(safeLib);
migrateDirectly(safeLib);
migrateTheSame(bareLib, safeLib);

test('table and schema of the journal are those of the config', async () => {
  await using database = await openDatabase(inject('servers'));
  using folder = await folderOf([{ name: '0000_note', sql: 'create table note (body text)' }]);
  const db = guarded.drizzle({ connection: { url: database.direct.url, onnotice: () => {} } });
  const config = { ...folder, migrationsTable: 'applied', migrationsSchema: 'ours' };
  await guardedMigrator.migrate(db, config);
  await guardedMigrator.migrate(db, config);
  await db.$client.end();
  expect(await database.admin('select id from ours.applied')).toEqual([{ id: 1 }]);
});

test('everything is that of drizzle-orm', () => {
  expect(Object.keys(guardedMigrator)).toEqual(Object.keys(bareMigrator));
});
