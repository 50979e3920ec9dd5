import { PostgresJSDialect } from '@poolsafe/kysely/postgres-js';
import { Kysely } from 'kysely';
import { guardTests, refused } from './guarding.ts';

// kysely-postgres-js sends no several statements.
const { 'BEGIN as the last of several': _, ...some } = refused;

guardTests(
  (url, more = {}) =>
    new Kysely({
      dialect: new PostgresJSDialect({ postgres: { url, max: 1, onnotice: () => {} }, ...more }),
    }),
  ['onReserveConnection'],
  some,
);
