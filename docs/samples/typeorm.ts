import type { Pool as PgPool } from '@poolsafe/pg';
import type * as poolsafe from '@poolsafe/typeorm';

declare global {
  type Pool = PgPool;
  const DataSource: typeof poolsafe.DataSource;
  const withSettings: typeof poolsafe.withSettings;
  const withPoolsafe: typeof poolsafe.withPoolsafe;
  const dataSource: poolsafe.DataSource;
  class Note {
    id: number;
    tenant: number;
    body: string;
    done: boolean;
  }
}
