import { PostgresDialect } from '@poolsafe/kysely';
import { PostgresJSDialect } from '@poolsafe/kysely/postgres-js';
import { type Dialect, Kysely, sql } from 'kysely';
import { describe } from 'vitest';
import { openDatabaseForFixes, testFixes } from '../../pg/test/fixes.ts';

const database = await openDatabaseForFixes();

const dialects: readonly (readonly [string, (url: string) => Dialect])[] = [
  ['pg', (connectionString) => new PostgresDialect({ pool: { connectionString } })],
  ['postgres-js', (url) => new PostgresJSDialect({ postgres: url })],
];

describe.each(dialects)('%s', (_, dialectOf) => {
  testFixes({
    database,
    stack: 'kysely',
    open({ url }) {
      const db = new Kysely({ dialect: dialectOf(url) });
      return { names: { db, sql }, close: () => db.destroy() };
    },
  });
});
