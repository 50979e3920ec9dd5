export {
  ConfigError,
  HazardError,
  PoolsafeError,
  type PoolsafeOptions,
  type Settings,
  withSettings,
} from '@poolsafe/core';
export { type ResolvedUrls, resolveUrls } from '@poolsafe/core/urls';
export { DataSource } from './data-source.ts';
export type { DataSourceOptions, PostgresOptions } from './guarded-options.ts';
export { type NestOptions, withPoolsafe } from './with-poolsafe.ts';
