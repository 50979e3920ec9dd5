import { HazardError } from '@poolsafe/core';
import type { Pool } from '@poolsafe/pg';
import type { Sql } from '@poolsafe/postgres';
import { asc, type DrizzleConfig, sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { pgTable, text } from 'drizzle-orm/pg-core';
import { expect, test } from 'vitest';
import type { Step, WithClient } from './comparison.ts';
import { schema } from './steps.ts';

type Db = NodePgDatabase & WithClient;

/** What each driver has. Types of databases differ by the driver, and what is done here does not. */
interface Module {
  readonly drizzle: ((url: string) => unknown) & { mock(config: DrizzleConfig<typeof schema>): unknown };
}

interface Driver<TLib> {
  readonly bare: Module;
  readonly guarded: Module;
  /** Another export of the module. */
  readonly exported: string;
  /** A test that does the same with both, by `comparisonOf`. */
  readonly same: (title: string, step: Step<TLib>) => void;
  /** Makes a database over a client of the driver. */
  readonly overClient: (lib: TLib, url: string, config: DrizzleConfig) => unknown;
}

/** The tests that are in the same words for every driver. */
export function testEveryDriver<TLib extends Pick<Module, 'drizzle'>>({
  bare,
  guarded,
  exported,
  same,
  overClient,
}: Driver<TLib>): void {
  same('logger and casing', async (lib, url) => {
    const logged: unknown[] = [];
    const logger = { logQuery: (query: string, params: unknown[]) => logged.push([query, params]) };
    const notes = pgTable('note', { firstLine: text() });
    const db = overClient(lib, url, { logger: logger as never, casing: 'snake_case' }) as Db;
    const built = db.select().from(notes).orderBy(asc(notes.firstLine)).toSQL();
    await db.execute(sql`select 1 as one`);
    await db.transaction((tx) => tx.execute(sql`select ${1}::int`));
    await db.$client.end();
    return [built, logged];
  });

  same('an unusable login', async ({ drizzle }, url) => {
    const db = drizzle(url.replace(/:[^:@]+@/, ':wrong@')) as Db;
    const error = await db.execute(sql`select 1 as one`).catch((error) => error);
    await db.$client.end();
    return [error.constructor.name, error.cause.constructor.name, /^(28P01|08P01)$/.test(error.cause.code)];
  });

  test('mock builds SQL as before, and has no client', () => {
    const [mine, theirs] = [guarded.drizzle.mock({ schema }), bare.drizzle.mock({ schema })];
    const built = (db: unknown) =>
      (db as Db)
        .select({ one: sql`1` })
        .from(pgTable('t', { a: text() }))
        .toSQL();
    expect(built(mine)).toEqual(built(theirs));
  });

  test('everything else is that of drizzle-orm', () => {
    const { drizzle: _, ...rest } = bare;
    expect({ ...guarded }).toMatchObject(rest);
    expect(Object.keys(rest)).toContain(exported);
  });
}

/** Asserts that `poolsafe: { allow: ['POOLSAFE_LISTEN'] }` came to a client, and ends it. */
export async function expectListenAllowed(client: Pool | Sql): Promise<void> {
  expect(client.poolsafe.allow).toEqual(['POOLSAFE_LISTEN']);
  await client.end();
}

/** Asserts that what a database refuses is the cause of the error of Drizzle. */
export async function expectRefusal(db: unknown): Promise<void> {
  const refused = (db as Db).execute(sql`select set_config('a.b', ${'hunter2'}, false)`);
  const error = await refused.catch((error) => error);
  expect(error.cause).toBeInstanceOf(HazardError);
  expect(error.cause.message).not.toContain('hunter2');
}
