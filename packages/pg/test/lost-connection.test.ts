import { Pool } from '@poolsafe/pg';
import type pg from 'pg';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from './database.ts';

const database = await openDatabase(inject('servers'));
afterAll(() => database[Symbol.asyncDispose]());

test.each(database.routes.map((route) => [route.name, route.url] as const))(
  'a connection that the server ends is not handed to anybody else, %s',
  async (_, connectionString) => {
    const pool = new Pool({ connectionString, max: 1 });
    for (let n = 0; n < 10; n += 1) {
      const client = await pool.connect();
      const text = 'select pg_terminate_backend(pg_backend_pid())';
      const lost = await client
        .query({ text, poolsafe: { onHazard: 'allow' } } as pg.QueryConfig)
        .catch((error) => error);
      // As ORMs do, without a word of what happened.
      client.release();
      expect(lost).toBeInstanceOf(Error);
      expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    }
    await pool.end();
  },
);
