import { HazardError } from '@poolsafe/pg';
import { CompiledQuery, type DatabaseConnection, type Kysely, sql } from 'kysely';
import { expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';

type Hook = (connection: DatabaseConnection) => Promise<void>;

/** Opens a database of kysely of one connection with the dialect under test. */
export type OpenHooked = (
  url: string,
  more?: { onCreateConnection?: Hook; onReserveConnection?: Hook; poolsafe?: { pooler: 'direct' } },
) => Kysely<unknown>;

const setPath = async (connection: DatabaseConnection) => {
  await connection.executeQuery(CompiledQuery.raw("set search_path to 'hunter2'"));
};

type Step = (db: Kysely<unknown>) => Promise<unknown>;

/** What behind a pooler is not done. */
export const refused: Readonly<Record<string, Step>> = {
  'SET on one connection': (db) => db.connection().execute(setPathOn),
  'set_config() with a parameter': (db) => sql`select set_config('a.b', ${'hunter2'}, false)`.execute(db),
  'SET in a transaction': (db) => db.transaction().execute(setPathOn),
  'a session lock': (db) => sql`select pg_advisory_lock(1)`.execute(db),
  'a session lock in a stream': async (db) => {
    const source = db.selectFrom(sql<object>`pg_advisory_lock(1)`.as('t')).selectAll();
    for await (const _ of source.stream(1));
  },
  'BEGIN on the pool': (db) => sql`begin`.execute(db),
  'BEGIN as the last of several': (db) => sql`select 1; begin`.execute(db),
  "pg_cancel_backend() of one's own": (db) => sql`select pg_cancel_backend(${1}::int)`.execute(db),
};

async function setPathOn(db: Kysely<unknown>): Promise<void> {
  await sql`set search_path to 'hunter2'`.execute(db);
}

/** That a HazardError reaches the caller, whatever the driver, and that its connection serves the next one. */
export function guardTests(
  openDb: OpenHooked,
  hooks: readonly ('onCreateConnection' | 'onReserveConnection')[],
  some: Readonly<Record<string, Step>> = refused,
): void {
  const servers = inject('servers');
  const hazard = async (work: Promise<unknown>): Promise<HazardError> => {
    const error = await work.then(
      () => undefined,
      (error) => error,
    );
    expect(error).toBeInstanceOf(HazardError);
    expect(error.message).not.toContain('hunter2');
    return error;
  };

  for (const [title, step] of Object.entries(some)) {
    test(`refused | ${title}`, async () => {
      await using database = await openDatabase(servers);
      const db = openDb(database.through('latest').url);
      await hazard(step(db));
      await hazard(step(db));
      expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
      const open = "state like 'idle in%' and datname = current_database()";
      expect(await database.admin(`select 1 from pg_stat_activity where ${open}`)).toEqual([]);
      await db.destroy();
    });
  }

  for (const hook of hooks) {
    test(`refused | SET in ${hook}, each time`, async () => {
      await using database = await openDatabase(servers);
      const db = openDb(database.through('latest').url, { [hook]: setPath });
      for (let i = 0; i < 3; i += 1) {
        const { code, message } = await hazard(sql`select 1`.execute(db));
        expect([code, message]).toEqual(['POOLSAFE_SESSION_SET', expect.stringContaining('fix: ')]);
      }
      await db.destroy();
    });
  }

  test('on a direct connection that is told so, all of it is let through', async () => {
    await using database = await openDatabase(servers);
    const hooked = { [hooks[0] as string]: setPath, poolsafe: { pooler: 'direct' } as const };
    const db = openDb(database.direct.url, hooked);
    expect((await sql`show search_path`.execute(db)).rows).toEqual([{ search_path: 'hunter2' }]);
    await sql`begin`.execute(db);
    await sql`select pg_advisory_lock(1)`.execute(db);
    await sql`commit`.execute(db);
    await db.destroy();
  });
}
