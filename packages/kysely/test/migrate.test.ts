import { PostgresDialect } from '@poolsafe/kysely';
import { Kysely } from 'kysely';
import { migrationTests } from './migrating.ts';

migrationTests(
  (url, max) => new Kysely({ dialect: new PostgresDialect({ pool: { connectionString: url, max } }) }),
);
