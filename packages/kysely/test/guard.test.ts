import { PostgresDialect } from '@poolsafe/kysely';
import { Kysely, sql } from 'kysely';
import Cursor from 'pg-cursor';
import { expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';
import { guardTests } from './guarding.ts';

guardTests(
  (url, more = {}) =>
    new Kysely({
      dialect: new PostgresDialect({ pool: { connectionString: url, max: 1 }, cursor: Cursor, ...more }),
    }),
  ['onCreateConnection', 'onReserveConnection'],
);

test('`poolsafe` counts beside the options and inside them', async () => {
  await using database = await openDatabase(inject('servers'));
  const connection = { connectionString: database.through('latest').url };
  const poolsafe = { allow: ['POOLSAFE_SET_CONFIG' as const] };
  for (const config of [{ pool: connection, poolsafe }, { pool: { ...connection, poolsafe } }]) {
    const db = new Kysely({ dialect: new PostgresDialect(config) });
    expect((await sql`select set_config('a.b', 'c', false) as c`.execute(db)).rows).toEqual([{ c: 'c' }]);
    await db.destroy();
  }
});
