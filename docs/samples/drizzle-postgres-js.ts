import type * as poolsafe from '@poolsafe/drizzle/postgres-js';
import type * as orm from 'drizzle-orm';
import type { notes as table } from './beside/schema.ts';

declare global {
  const drizzle: typeof poolsafe.drizzle;
  const withSettings: typeof poolsafe.withSettings;
  const sql: typeof orm.sql;
  const eq: typeof orm.eq;
  const notes: typeof table;
  const schema: { notes: typeof table };
  const db: ReturnType<typeof poolsafe.drizzle<{ notes: typeof table }>>;
}
