import type * as pg from '@poolsafe/pg';
import type * as poolsafe from '@poolsafe/prisma';
import type * as generated from '../.samples/prisma/client/index.js';

declare global {
  const Pool: typeof pg.Pool;
  const PrismaClient: typeof generated.PrismaClient;
  const PrismaPg: typeof poolsafe.PrismaPg;
  const UtcClient: typeof poolsafe.UtcClient;
  const datasourceUrl: typeof poolsafe.datasourceUrl;
  const withSettings: typeof poolsafe.withSettings;
  const pool: pg.Pool;
  const adapter: poolsafe.PrismaPg;
  const prisma: generated.PrismaClient;
}
