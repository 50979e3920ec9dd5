import { fixFor, type HazardCode, hazards } from '@poolsafe/core';
import * as nodePostgres from '@poolsafe/drizzle/node-postgres';
import * as postgresJs from '@poolsafe/drizzle/postgres-js';
import { sql } from 'drizzle-orm';
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

const drivers: readonly (readonly [string, (url: string) => { $client: { end(): Promise<void> } }])[] = [
  ['node-postgres', nodePostgres.drizzle],
  ['postgres-js', postgresJs.drizzle],
];

describe.each(drivers)('%s', (_, drizzle) => {
  test.each(codes.filter((code) => !notHere.includes(code)))(
    'what %s advises runs through a pooler',
    async (code) => {
      const db = drizzle(database.through('1.18').url);
      await new AsyncFunction('db', 'sql', fixFor(code, 'drizzle') ?? 'throw new Error()')(db, sql);
      await db.$client.end();
    },
  );
});
