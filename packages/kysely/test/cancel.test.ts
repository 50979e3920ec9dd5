import { PostgresDialect } from '@poolsafe/kysely';
import { Kysely } from 'kysely';
import { cancelTests } from './cancelling.ts';

await cancelTests(
  (url) => new Kysely({ dialect: new PostgresDialect({ pool: { connectionString: url, max: 1 } }) }),
);
