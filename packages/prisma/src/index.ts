export {
  ConfigError,
  HazardError,
  PoolsafeError,
  type PoolsafeOptions,
  type Settings,
  withSettings,
} from '@poolsafe/core';
export { type ResolvedUrls, resolveUrls } from '@poolsafe/core/urls';
export { type DatasourceUrlOptions, datasourceUrl } from './datasource-url.ts';
export { type MigrationUrls, migrationUrl } from './migration-url.ts';
export { PrismaPg, type PrismaPgOptions } from './prisma-pg.ts';
export { type SettingsExtension, settingsExtension } from './settings-extension.ts';
export { UtcClient } from './time-zone.ts';
