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

/** `Connection` of pg: the protocol on a socket. */
export const Connection: typeof pg.Connection = pg.Connection;
/** `Query` of pg: a submittable query, for `client.query(new Query(…))`. It is never named. */
export const Query: typeof pg.Query = pg.Query;
/** `types` of pg: the parsers of values by the oid of their type. The same object, so that a parser set here counts there too. */
export const types: typeof pg.types = pg.types;
/** `DatabaseError` of pg: what PostgreSQL or the pooler has said, with its `code`. */
export const DatabaseError: typeof pg.DatabaseError = pg.DatabaseError;
/** `TypeOverrides` of pg: parsers for one client, for its option `types`. */
export const TypeOverrides: typeof pg.TypeOverrides = pg.TypeOverrides;
/** `Result` of pg: what a query resolves to. */
export const Result: typeof pg.Result = pg.Result;
/** `escapeIdentifier` of pg: a name as SQL, in double quotes. */
export const escapeIdentifier: typeof pg.escapeIdentifier = pg.escapeIdentifier;
/** `escapeLiteral` of pg: a text as SQL, in single quotes. */
export const escapeLiteral: typeof pg.escapeLiteral = pg.escapeLiteral;
/** `defaults` of pg: what counts for options that are not given. The same object. */
export const defaults: typeof pg.defaults = pg.defaults;
