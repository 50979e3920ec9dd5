export { type ResolvedUrls, resolveUrls, type Settings, withSettings } from '@poolsafe/core';
export { PostgresDialect, type PostgresDialectConfig } from './postgres-dialect.ts';
