import { PostgresJSDialect } from '@poolsafe/kysely/postgres-js';
import { Kysely } from 'kysely';
import { cancelTests } from './cancelling.ts';

await cancelTests((url) => new Kysely({ dialect: new PostgresJSDialect({ postgres: { url, max: 1 } }) }));
