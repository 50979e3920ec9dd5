import './use-lowest.ts';
import { expect, test } from 'vitest';

const { Kysely } = await import('kysely');
const { PostgresJSDriver } = await import('kysely-postgres-js');
const { PostgresJSDialect } = await import('@poolsafe/kysely/postgres-js');
const { compareWithPostgresJS } = await import('../postgres-js-drop-in.ts');
const { directTests } = await import('../directing.ts');
const { guardTests } = await import('../guarding.ts');
const { inTransaction, migrationTests } = await import('../migrating.ts');

test('this is the lowest supported version of kysely-postgres-js, for @poolsafe/kysely too', () => {
  expect(PostgresJSDriver.toString()).not.toContain('controlPostgres');
  const dialect = new PostgresJSDialect({ postgres: { max: 1 } });
  expect(dialect.createDriver()).toBeInstanceOf(PostgresJSDriver);
});

await compareWithPostgresJS();

const open = (url: string, max: number, more = {}) =>
  new Kysely<unknown>({
    dialect: new PostgresJSDialect({ postgres: { url, max, onnotice: () => {} }, ...more }),
  });

guardTests((url, more) => open(url, 1, more), ['onReserveConnection']);
migrationTests(open, { 'each in a transaction': inTransaction });

directTests(
  (url, poolsafe) => new PostgresJSDialect({ postgres: { url, max: 1, onnotice: () => {} }, poolsafe }),
  {
    isLowest: true,
  },
);
