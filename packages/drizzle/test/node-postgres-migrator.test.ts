import * as guarded from '@poolsafe/drizzle/node-postgres';
import * as guardedMigrator from '@poolsafe/drizzle/node-postgres/migrator';
import * as bare from 'drizzle-orm/node-postgres';
import * as bareMigrator from 'drizzle-orm/node-postgres/migrator';
import { withReplicas } from 'drizzle-orm/pg-core';
import { expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';
import { folderOf } from './migrator/folder.ts';
import { migrateTheSame } from './migrator/same.ts';
import { type Lib, migrateDirectly, migrateTogether } from './migrator/together.ts';

const bareLib = { ...bare, ...bareMigrator } as unknown as Lib;
const safeLib = { ...guarded, ...guardedMigrator } as unknown as Lib;

migrateTogether(safeLib);
migrateDirectly(safeLib);
migrateTheSame(bareLib, safeLib);

test('table and schema of the journal are those of the config', async () => {
  await using database = await openDatabase(inject('servers'));
  using folder = await folderOf([{ name: '0000_note', sql: 'create table note (body text)' }]);
  const db = guarded.drizzle(database.direct.url);
  const config = { ...folder, migrationsTable: 'applied', migrationsSchema: 'ours' };
  await guardedMigrator.migrate(db, config);
  await guardedMigrator.migrate(db, config);
  await db.$client.end();
  expect(await database.admin('select id from ours.applied')).toEqual([{ id: 1 }]);
});

test('a database with replicas is migrated where it writes', async () => {
  await using database = await openDatabase(inject('servers'));
  using folder = await folderOf([{ name: '0000_note', sql: 'create table note (body text)' }]);
  const [primary, replica] = [
    guarded.drizzle(database.direct.url),
    guarded.drizzle('postgres://nobody@nowhere/x'),
  ];
  await guardedMigrator.migrate(withReplicas(primary, [replica]), folder);
  await primary.$client.end();
  expect(await database.admin("select relname from pg_class where relname = 'note'")).toHaveLength(1);
});

test('everything is that of drizzle-orm', () => {
  expect(Object.keys(guardedMigrator)).toEqual(Object.keys(bareMigrator));
});
