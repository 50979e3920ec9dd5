import type * as poolsafe from '@poolsafe/pg';

declare global {
  const Pool: typeof poolsafe.Pool;
  const Client: typeof poolsafe.Client;
  const resolveUrls: typeof poolsafe.resolveUrls;
  const withSettings: typeof poolsafe.withSettings;
  const pool: poolsafe.Pool;
  const client: poolsafe.Client;
  const text: string;
  const values: unknown[];
}
