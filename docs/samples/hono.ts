import type * as poolsafe from '@poolsafe/pg';
import type * as framework from 'hono';

declare global {
  const Hono: typeof framework.Hono;
  const app: framework.Hono<{ Variables: { tenant: number } }>;
  const pool: poolsafe.Pool;
  const withSettings: typeof poolsafe.withSettings;
}
