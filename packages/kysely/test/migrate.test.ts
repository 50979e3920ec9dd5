import { PostgresDialect } from '@poolsafe/kysely';
import { Kysely } from 'kysely';
import Cursor from 'pg-cursor';
import { migrationTests, type Open, ownTransactionTests } from './migrating.ts';

const open: Open = (connectionString, max) =>
  new Kysely({ dialect: new PostgresDialect({ pool: { connectionString, max }, cursor: Cursor }) });

migrationTests(open);
ownTransactionTests(open);
