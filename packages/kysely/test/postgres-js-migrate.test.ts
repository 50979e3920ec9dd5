import { PostgresJSDialect } from '@poolsafe/kysely/postgres-js';
import { Kysely } from 'kysely';
import { migrationTests, type Open, ownTransactionTests } from './migrating.ts';

const open: Open = (url, max) => {
  const postgres = { url, max, onnotice: () => {} };
  return new Kysely({ dialect: new PostgresJSDialect({ postgres }) });
};

migrationTests(open);
ownTransactionTests(open);
