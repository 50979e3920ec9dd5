import { fixFor, type HazardCode, hazards } from '@poolsafe/core';
import { PostgresDialect } from '@poolsafe/kysely';
import { PostgresJSDialect } from '@poolsafe/kysely/postgres-js';
import { type Dialect, Kysely, sql } from 'kysely';
import { afterAll, describe, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';

const database = await openDatabase(
  inject('servers'),
  'create table notes (id serial primary key, body text)',
  'create table counters (n int)',
  'create table accounts (id int, balance int)',
);
afterAll(() => database[Symbol.asyncDispose]());

/** A superuser's, on a connection of its own, or for a role that this database has not. */
const notHere: readonly HazardCode[] = [
  'POOLSAFE_LOAD',
  'POOLSAFE_LISTEN',
  'POOLSAFE_SESSION_FUNCTION',
  'POOLSAFE_SESSION_ROLE',
];
const codes = Object.values(hazards).flatMap(({ code, example }) => (example ? [code] : []));
const AsyncFunction = (async () => {}).constructor as new (
  ...of: string[]
) => (db: unknown, template: typeof sql) => Promise<void>;

const dialects: readonly (readonly [string, (url: string) => Dialect])[] = [
  ['pg', (connectionString) => new PostgresDialect({ pool: { connectionString } })],
  ['postgres-js', (url) => new PostgresJSDialect({ postgres: url })],
];

describe.each(dialects)('%s', (_, dialectOf) => {
  test.each(codes.filter((code) => !notHere.includes(code)))(
    'what %s advises runs through a pooler',
    async (code) => {
      const db = new Kysely({ dialect: dialectOf(database.through('1.18').url) });
      await new AsyncFunction('db', 'sql', fixFor(code, 'kysely') ?? 'throw new Error()')(db, sql);
      await db.destroy();
    },
  );
});
