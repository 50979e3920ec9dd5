import type { Migration } from '@poolsafe/conformance';
import { ConfigError } from '@poolsafe/core';
import { expect, inject, test } from 'vitest';
import { type Database, openDatabase, type Route } from '../../../pg/test/database.ts';
import { folderOf } from './folder.ts';
import { codeOf, type Deployment, type Lib } from './together.ts';

const note: Migration = { name: '0000_note', sql: 'create table note (body text)' };
const after = (sql: string): Migration[] => [note, { name: '0001_after', sql }];

/** What ends as with drizzle-orm itself: in the same error or in the same tables and journal. */
const migrations: Readonly<Record<string, readonly Migration[]>> = {
  none: [],
  'statements with and without breakpoints': after(
    "create table a (); create table b ();--> statement-breakpoint\ninsert into note values ('$1');",
  ),
  'a function and a block': after(
    `create function two() returns int language sql as $$ select 2 $$;--> statement-breakpoint
     do $$ begin create type mood as enum ('ok'); exception when duplicate_object then null; end $$;`,
  ),
  'an enum value, used at once': after(
    `create type mood as enum ('ok');--> statement-breakpoint
     alter type mood add value 'bad';--> statement-breakpoint
     create table moods as select 'bad'::mood as mood`,
  ),
  'create index concurrently': after('create index concurrently note_body on note (body)'),
  'a statement that is wrong': after('create tabel x ()'),
  'what ends the transaction itself': after(
    'commit;--> statement-breakpoint\ncreate index concurrently note_body on note (body)',
  ),
};

/** Compares with drizzle-orm on a direct connection. */
export function migrateTheSame(bare: Lib, safe: Lib): void {
  for (const [title, given] of Object.entries(migrations)) {
    test(`the same as with drizzle-orm | ${title}`, async () => {
      using folder = await folderOf(given);
      const expected = await outcomeOf(bare, folder, ({ direct }) => direct);
      const routes = [
        ({ direct }: Database) => direct,
        (database: Database) => database.through('1.18'),
        (database: Database) => database.through('latest'),
      ];
      for (const route of routes) expect(await outcomeOf(safe, folder, route)).toEqual(expected);
    });
  }

  test('the same as with drizzle-orm | no folder', async () => {
    const folder = { migrationsFolder: '/nowhere' };
    const expected = await outcomeOf(bare, folder, ({ direct }) => direct);
    expect(await outcomeOf(safe, folder, ({ direct }) => direct)).toEqual(expected);
  });

  test('both go on where the other left off', async () => {
    await using database = await openDatabase(inject('servers'));
    const more = after('create table a ()');
    for (const [lib, given] of [
      [bare, [note]],
      [safe, more],
      [bare, more],
      [safe, [...more, { name: '0002_b', sql: 'create table b ()' }]],
    ] as const) {
      using folder = await folderOf(given);
      await migrate(lib, database.direct, folder);
    }
    expect(await database.admin(journal)).toHaveLength(3);
  });

  test('a database that is not over a guarded client is refused', async () => {
    await using database = await openDatabase(inject('servers'));
    using folder = await folderOf([note]);
    const foreign = bare.drizzle(database.direct.url);
    const own = safe.drizzle(database.direct.url) as Deployment & {
      transaction(work: (tx: never) => Promise<void>): Promise<void>;
    };
    const { $client: _, ...withoutClient } = own;
    for (const work of [
      () => safe.migrate(foreign, folder),
      () => safe.migrate(withoutClient as never, folder),
      () => own.transaction((tx) => safe.migrate(tx, folder)),
    ]) {
      await expect(work()).rejects.toThrow(ConfigError);
    }
    expect(await database.admin("select from pg_class where relname = 'note'")).toEqual([]);
    await Promise.all([foreign, own].map(({ $client }) => $client.end()));
  });

  test('a database whose transactions read the past by default', async () => {
    await using database = await openDatabase(inject('servers'));
    await database.admin(`alter role ${database.role} set default_transaction_isolation = 'serializable'`);
    using folder = await folderOf([
      { name: '0000', sql: "create table seen as select current_setting('transaction_isolation') as level" },
    ]);
    await migrate(safe, database.direct, folder);
    expect(await database.admin('select level from seen')).toEqual([{ level: 'read committed' }]);
  });
}

type Folder = { readonly migrationsFolder: string };

async function migrate({ drizzle, migrate }: Lib, { url }: Route, folder: Folder): Promise<void> {
  const db = drizzle(url);
  await migrate(db, folder).finally(() => db.$client.end());
}

const journal = 'select hash, created_at from drizzle.__drizzle_migrations order by id';
const others = 'select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';
const relations = "select relname from pg_class where relnamespace = 'public'::regnamespace order by 1";

/** What it fails with, or what is in a database of its own afterwards. */
async function outcomeOf(
  lib: Lib,
  folder: Folder,
  route: (database: Database) => Route,
): Promise<readonly unknown[]> {
  await using database = await openDatabase(inject('servers'));
  const there = route(database);
  const error = await migrate(lib, there, folder).catch((error) => error);
  // The pool of pg has ended before its connections have, and without a guard it takes the loss of one for an error.
  if (there === database.direct) await expect.poll(() => database.admin(others)).toEqual([]);
  const tables = await database.admin(relations);
  if (error !== undefined) return [error.constructor.name, error.message, codeOf(error), tables];
  return [await database.admin(journal), tables];
}
