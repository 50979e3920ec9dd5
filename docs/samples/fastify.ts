import type * as poolsafe from '@poolsafe/pg';
import type * as framework from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    tenant: number;
  }
}

declare global {
  const fastify: framework.FastifyInstance;
  const pool: poolsafe.Pool;
  const withSettings: typeof poolsafe.withSettings;
}
