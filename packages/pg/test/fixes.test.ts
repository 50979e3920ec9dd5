import { Pool } from '@poolsafe/pg';
import { afterAll, expect } from 'vitest';
import { configOf } from './drop-in/lib.ts';
import { openDatabaseForFixes, testFixes } from './fixes.ts';

const database = await openDatabaseForFixes();
await database.admin(`create role app_user; grant app_user to ${database.role}`);
await database.admin('grant select on notes to app_user');
// Before the database is dropped: vitest runs the hook that came last first.
afterAll(async () => {
  await database.admin('drop owned by app_user');
  await database.admin('drop role app_user');
});

testFixes({
  database,
  stack: 'pg',
  hasRole: true,
  open(route) {
    const pool = new Pool(configOf(route));
    const close = async () => {
      await pool.end();
      expect(pool.totalCount).toBe(0);
    };
    return { names: { pool }, close };
  },
});
