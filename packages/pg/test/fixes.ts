import type { HazardCode } from '@poolsafe/core';
import { fixFor, hazards, type Stack } from '@poolsafe/core/knowledge';
import { afterAll, expect, inject, test } from 'vitest';
import { type Database, openDatabase, type Route } from './database.ts';

/** An open library under test. */
interface Opened {
  /** What the advice for this stack calls by these names. */
  readonly names: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

interface Fixes {
  readonly database: Database;
  readonly stack: Stack;
  readonly open: (route: Route) => Opened | Promise<Opened>;
  /** Whether the database has the role that advice names. */
  readonly hasRole?: boolean;
}

/** A superuser's, or on a connection of its own. */
const elsewhere: readonly HazardCode[] = ['POOLSAFE_LOAD', 'POOLSAFE_LISTEN', 'POOLSAFE_SESSION_FUNCTION'];
const ofRole: readonly HazardCode[] = ['POOLSAFE_SESSION_ROLE'];
const codes = Object.values(hazards).flatMap(({ code, example }) => (example ? [code] : []));
const AsyncFunction = (async () => {}).constructor as new (
  ...of: string[]
) => (...values: unknown[]) => Promise<void>;

/** A database with the tables that the advice of poolsafe is about. */
export async function openDatabaseForFixes(): Promise<Database> {
  const database = await openDatabase(
    inject('servers'),
    'create table notes (id serial primary key, body text)',
    'create table counters (n int)',
    'create table accounts (id int, balance int)',
  );
  afterAll(() => database[Symbol.asyncDispose]());
  return database;
}

/** A test for each advice that poolsafe has for a stack: it runs through a pooler. */
export function testFixes({ database, stack, open, hasRole = false }: Fixes): void {
  const notHere = hasRole ? elsewhere : [...elsewhere, ...ofRole];

  test.each(codes.filter((code) => !notHere.includes(code)))(
    'what %s advises runs through a pooler',
    async (code) => {
      const { names, close } = await open(database.through('1.18'));
      const advice = new AsyncFunction(...Object.keys(names), fixFor(code, stack) ?? 'throw new Error()');
      await advice(...Object.values(names));
      await close();
    },
  );

  test('there is advice to run', () => {
    expect(codes.length).toBeGreaterThan(notHere.length);
  });
}
