import { PostgresJSDialect } from '@poolsafe/kysely/postgres-js';
import { directTests } from './directing.ts';

directTests(
  (url, poolsafe) => new PostgresJSDialect({ postgres: { url, max: 1, onnotice: () => {} }, poolsafe }),
);
