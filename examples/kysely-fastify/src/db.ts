import { PostgresDialect } from '@poolsafe/kysely';
import { CamelCasePlugin, type GeneratedAlways, Kysely } from 'kysely';
import { types } from 'pg';

const { DATABASE_URL, DIRECT_URL } = process.env;
if (!DATABASE_URL)
  throw new Error('DATABASE_URL is not set: the URL of the pooler. `pnpm run database` starts one.');

// No query names the tenant: a new row takes it from the setting, and the policy compares with it.
interface Database {
  notes: {
    id: GeneratedAlways<number>;
    tenant: GeneratedAlways<string>;
    body: string;
    createdAt: GeneratedAlways<Date>;
  };
}

// pg gives a bigint as a string.
types.setTypeParser(types.builtins.INT8, Number);

export const dialect = new PostgresDialect({
  pool: { connectionString: DATABASE_URL, max: 10, connectionTimeoutMillis: 5_000 },
  // Where migrations go: PostgreSQL itself, without the pooler.
  poolsafe: { direct: DIRECT_URL },
});

export const db = new Kysely<Database>({ dialect, plugins: [new CamelCasePlugin()] });
