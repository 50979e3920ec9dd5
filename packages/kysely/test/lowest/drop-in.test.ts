import { createRequire } from 'node:module';
import Cursor from 'pg-cursor';
import { expect, test } from 'vitest';
import { postgresJSVersion, version } from './use-lowest.ts';

const kysely = await import('kysely');
const { PostgresDialect } = await import('@poolsafe/kysely');
const { compareWithKysely } = await import('../drop-in.ts');
const { directTests } = await import('../directing.ts');
const { guardTests } = await import('../guarding.ts');
const { inTransaction, migrationTests } = await import('../migrating.ts');

test('this is the lowest supported version of kysely, for @poolsafe/kysely too', () => {
  const { peerDependencies } = createRequire(import.meta.url)('../../package.json');
  expect(peerDependencies.kysely).toContain(`>=${version} `);
  expect(peerDependencies['kysely-postgres-js']).toContain(`>=${postgresJSVersion} `);
  const dialect = new PostgresDialect({ pool: {} });
  expect(dialect).toBeInstanceOf(kysely.PostgresDialect);
  expect('savepoint' in kysely.PostgresDriver.prototype).toBe(false);
});

// It has none.
await compareWithKysely(['controlled transactions and savepoints']);

const open = (url: string, max: number, more = {}) =>
  new kysely.Kysely<unknown>({
    dialect: new PostgresDialect({ pool: { connectionString: url, max }, cursor: Cursor, ...more }),
  });

guardTests((url, more) => open(url, 1, more), ['onCreateConnection']);

// Its migrator locks in the transaction, and takes none of the application's.
migrationTests(open, { 'each in a transaction': inTransaction });

directTests(
  (connectionString, poolsafe) => new PostgresDialect({ pool: { connectionString, max: 1 }, poolsafe }),
  { isLowest: true },
);
