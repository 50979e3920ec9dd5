import { setTimeout as sleep } from 'node:timers/promises';
import { migrationLockSql } from '@poolsafe/core/migrations';
import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { type Database, openDatabase } from '../../../pg/test/database.ts';
import { folderOf } from './folder.ts';

/** A database of drizzle-orm, as far as migrating goes. */
export interface Deployment {
  readonly $client: { end(): Promise<void> };
}

/** The two functions that an application imports, of either library. */
export interface Lib {
  drizzle(url: string, config?: object): Deployment;
  migrate(db: Deployment, config: { readonly migrationsFolder: string }): Promise<void>;
}

const routes = ['direct', ...inject('servers').poolers.map(({ name }) => name)];
const urlOf = (database: Database, name: string) =>
  name === 'direct' ? database.direct.url : database.through(name).url;

/** Deployments that start at the same time, each a pool of its own. */
export function migrateTogether({ drizzle, migrate }: Lib): void {
  test.each(routes)(
    'eight deployments apply once, and wait without a server connection | %s',
    async (route) => {
      await using database = await openDatabase(inject('servers'), 'create table gate (applied text)');
      using folder = await folderOf([
        { name: '0000_note', sql: 'create table note (body text)' },
        { name: '0001_gate', sql: "insert into gate values ('once')" },
      ]);
      const attempts = Array.from({ length: 8 }, () => 0);
      await using held = await holdGate(database);
      const deployments = attempts.map(async (_, i) => {
        const logQuery = (query: string) => {
          if (query.includes(lockCall)) attempts[i]! += 1;
        };
        const db = drizzle(urlOf(database, route), { logger: { logQuery } });
        await migrate(db, folder).finally(() => db.$client.end());
      });
      await until(async () => (await held.waiting()) === 1);
      await until(async () => attempts.filter((count) => count > 1).length === 7);
      // The pooler has five server connections.
      expect(await one(urlOf(database, route))).toBe(1);
      await held.open();
      await Promise.all(deployments);
      expect(await database.admin('select applied from gate')).toEqual([{ applied: 'once' }]);
      expect(await database.admin('select id from drizzle.__drizzle_migrations')).toHaveLength(2);
      expect(await database.admin(advisoryLocks)).toEqual([]);
    },
  );

  test.each(routes)('a failing migration fails all, and leaves nothing behind | %s', async (route) => {
    await using database = await openDatabase(inject('servers'));
    const note = { name: '0000_note', sql: 'create table note (body text)' };
    const deploy = async (sql: string) => {
      using folder = await folderOf([note, { name: '0001_more', sql }]);
      return await Promise.allSettled(
        [1, 2, 3].map(async () => {
          const db = drizzle(urlOf(database, route));
          await migrate(db, folder).finally(() => db.$client.end());
        }),
      );
    };
    const failed = await deploy('create table more ();--> statement-breakpoint\nselect 1 / 0');
    expect(failed.map((settled) => settled.status === 'rejected' && codeOf(settled.reason))).toEqual(
      failed.map(() => '22012'),
    );
    const left = "select from pg_class where relname in ('note', 'more', '__drizzle_migrations')";
    expect(await database.admin(left)).toEqual([]);
    expect(await database.admin(advisoryLocks)).toEqual([]);
    const fixed = await deploy('create table more ()');
    expect(fixed.map(({ status }) => status)).toEqual(fixed.map(() => 'fulfilled'));
    expect(await database.admin('select id from drizzle.__drizzle_migrations')).toHaveLength(2);
  });
}

/** What the direct lane is for, and that deployments with and without it exclude each other. */
export function migrateDirectly({ drizzle, migrate }: Lib): void {
  const poolers = routes.filter((route) => route !== 'direct');
  const inSession = [
    { name: '0000_note', sql: 'create table note (body text)' },
    {
      name: '0001_session',
      sql: `set work_mem = '5MB';--> statement-breakpoint
        create temporary table chosen as select current_setting('work_mem') as mem;--> statement-breakpoint
        insert into note select mem from chosen`,
    },
  ];

  test.each(poolers)(
    'what needs a session is refused without `direct`, and done with it | %s',
    async (route) => {
      await using database = await openDatabase(inject('servers'));
      using folder = await folderOf(inSession);
      const logged: string[] = [];
      const logger = { logQuery: (query: string) => logged.push(query) };
      const deploy = async (poolsafe: object) => {
        const db = drizzle(urlOf(database, route), { poolsafe, logger });
        await migrate(db, folder).finally(() => db.$client.end());
      };
      const refused = await deploy({}).catch((error) => error);
      expect(codeOf(refused)).toBe('POOLSAFE_SESSION_SET');
      expect(await database.admin("select from pg_class where relname = 'note'")).toEqual([]);
      logged.splice(0);
      await deploy({ direct: database.direct.url });
      expect(await database.admin('select body from note')).toEqual([{ body: '5MB' }]);
      expect(logged.filter((query) => /work_mem = /.test(query))).toHaveLength(1);
      expect(await database.admin(advisoryLocks)).toEqual([]);
    },
  );

  test.each(poolers)('deployments with and without `direct` apply once | %s', async (route) => {
    await using database = await openDatabase(inject('servers'));
    using folder = await folderOf([
      { name: '0000_note', sql: 'create table note (body text)' },
      { name: '0001_fill', sql: "insert into note select 'once' from pg_sleep(0.2)" },
    ]);
    const direct = [true, false, true, false];
    await Promise.all(
      direct.map(async (isDirect) => {
        const db = drizzle(urlOf(database, route), {
          poolsafe: isDirect ? { direct: database.direct.url } : {},
        });
        await migrate(db, folder).finally(() => db.$client.end());
      }),
    );
    expect(await database.admin('select body from note')).toEqual([{ body: 'once' }]);
    expect(await database.admin('select id from drizzle.__drizzle_migrations')).toHaveLength(2);
  });
}

const lockCall = migrationLockSql.slice('select '.length, migrationLockSql.indexOf('('));
const advisoryLocks = `select pid from pg_locks where locktype = 'advisory'
  and database = (select oid from pg_database where datname = current_database())`;

/** The SQLSTATE, by whichever version of Drizzle it was wrapped. */
export const codeOf = (error: { code?: string; cause?: { code?: string } }): string | undefined =>
  error.cause?.code ?? error.code;

/** Keeps a migration that writes into `gate` waiting until it is opened. */
async function holdGate(database: Database) {
  const client = new pg.Client(database.direct.url);
  await client.connect();
  await client.query('begin; lock table gate');
  return {
    waiting: async () =>
      (await database.admin("select from pg_locks where not granted and relation = 'gate'::regclass")).length,
    open: () => client.query('commit'),
    [Symbol.asyncDispose]: () => client.end(),
  };
}

async function one(url: string): Promise<unknown> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query('select 1 as one')).rows[0]?.one;
  } finally {
    await client.end();
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}
