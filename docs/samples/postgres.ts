import type poolsafe from '@poolsafe/postgres';

declare global {
  const postgres: typeof poolsafe;
  const sql: poolsafe.Sql;
}
