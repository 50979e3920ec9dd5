import { PostgresJSDialect } from '@poolsafe/kysely/postgres-js';
import { Kysely } from 'kysely';
import { migrationTests } from './migrating.ts';

migrationTests((url, max) => {
  const postgres = { url, max, onnotice: () => {} };
  return new Kysely({ dialect: new PostgresJSDialect({ postgres }) });
});
