import type * as poolsafe from '@poolsafe/pg';
import type framework from 'express';

declare global {
  namespace Express {
    interface Request {
      tenant: number;
    }
  }
  const express: typeof framework;
  const app: framework.Express;
  const pool: poolsafe.Pool;
  const withSettings: typeof poolsafe.withSettings;
}
