import './native.ts';
import pg from 'pg';

export {
  ConfigError,
  HazardError,
  type ListenGap,
  type Plan,
  PoolsafeError,
  type PoolsafeOptions,
  type Settings,
  withSettings,
} from '@poolsafe/core';
export type { LockKey, LockOptions, LockScope } from '@poolsafe/core/direct';
export { type ResolvedUrls, resolveUrls } from '@poolsafe/core/urls';
export type * from 'pg';
export type { LockedWork } from './advisory-lock.ts';
export { Client, type ClientConfig } from './client.ts';
export { default } from './default.ts';
export type { ListenHandler, Listening, ListenOptions } from './listener.ts';
export { type Capabilities, Pool, type PoolConfig } from './pool.ts';

export const Connection: typeof pg.Connection = pg.Connection;
export const Query: typeof pg.Query = pg.Query;
export const types: typeof pg.types = pg.types;
export const DatabaseError: typeof pg.DatabaseError = pg.DatabaseError;
export const TypeOverrides: typeof pg.TypeOverrides = pg.TypeOverrides;
export const Result: typeof pg.Result = pg.Result;
export const escapeIdentifier: typeof pg.escapeIdentifier = pg.escapeIdentifier;
export const escapeLiteral: typeof pg.escapeLiteral = pg.escapeLiteral;
export const defaults: typeof pg.defaults = pg.defaults;
