import { drizzle } from '@poolsafe/drizzle/node-postgres';
import { sql } from 'drizzle-orm';
import { bigint, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

const { DATABASE_URL, DIRECT_URL } = process.env;
if (!DATABASE_URL)
  throw new Error('DATABASE_URL is not set: the URL of the pooler. `pnpm run database` starts one.');

// No query names the tenant: a new row takes it from the setting, and the policy compares with it.
export const notes = pgTable('notes', {
  id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  tenant: text().notNull().default(sql`nullif(current_setting('app.tenant', true), '')`),
  body: text().notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
});

export const db = drizzle({
  connection: { connectionString: DATABASE_URL, max: 10, connectionTimeoutMillis: 5_000 },
  // Where migrations go: PostgreSQL itself, without the pooler.
  poolsafe: { direct: DIRECT_URL },
});
