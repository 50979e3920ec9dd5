export { type Settings, withSettings } from '@poolsafe/core';
export { type ResolvedUrls, resolveUrls } from '@poolsafe/core/urls';
export { PostgresDialect, type PostgresDialectConfig } from './postgres-dialect.ts';
