import { fixFor, type HazardCode, hazards } from '@poolsafe/core';
import { Pool } from '@poolsafe/pg';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from './database.ts';
import { configOf } from './drop-in/lib.ts';

const database = await openDatabase(
  inject('servers'),
  'create table notes (id serial primary key, body text)',
  'create table counters (n int)',
  'create table accounts (id int, balance int)',
);
await database.admin(`create role app_user; grant app_user to ${database.role}`);
await database.admin('grant select on notes to app_user');
afterAll(async () => {
  await database.admin('drop owned by app_user');
  await database.admin('drop role app_user');
  await database[Symbol.asyncDispose]();
});

/** A superuser's, or on a connection of its own. */
const notHere: readonly HazardCode[] = ['POOLSAFE_LOAD', 'POOLSAFE_LISTEN', 'POOLSAFE_SESSION_FUNCTION'];
const codes = Object.values(hazards).flatMap(({ code, example }) => (example ? [code] : []));
const AsyncFunction = (async () => {}).constructor as new (...of: string[]) => (pool: Pool) => Promise<void>;

test.each(codes.filter((code) => !notHere.includes(code)))(
  'what %s advises runs through a pooler',
  async (code) => {
    const pool = new Pool(configOf(database.through('1.18')));
    await new AsyncFunction('pool', fixFor(code, 'pg') ?? 'throw new Error()')(pool);
    await pool.end();
    expect(pool.totalCount).toBe(0);
  },
);
