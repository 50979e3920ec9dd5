export {
  type AdvisoryLock,
  advisoryLock,
  type CheckedLockOptions,
  checkLockOptions,
  type LockKey,
  type LockOptions,
  type LockScope,
} from './advisory-lock.ts';
export { classify, isPlain } from './classify.ts';
export { assertDirect, connectDeadline, directOptions, mostSessions } from './direct.ts';
export { type Effect, effects } from './effects.ts';
export {
  ConfigError,
  configError,
  HazardError,
  otherSettings,
  PoolsafeError,
  type PoolsafeErrorCode,
  settingsError,
} from './errors.ts';
export { type Explanation, explain, hintFor } from './explain.ts';
export { type Example, type Hazard, type HazardCode, hazardPage, hazards } from './hazards.ts';
export type { MakeWire, Wire } from './listen-connection.ts';
export { type ChannelListener, Listener } from './listener.ts';
export {
  type LockAttempt,
  type LockedWork,
  underSessionLock,
  untilLost,
  type WatchConnection,
  whenLocked,
} from './locked-work.ts';
export { migrationLockKey, migrationLockSql, untilLocked } from './migration-lock.ts';
export type { Policy, PoolsafeOptions } from './options.ts';
export { growing, type Pauses } from './pauses.ts';
export { type Plan, planFor, policyOf, type StatementContext, startupError } from './plan.ts';
export { type Fact, type Pooler, type PoolerName, poolers } from './poolers.ts';
export { type Probed, probeName, probeSql, readProbe } from './probe.ts';
export { type Provider, providerOf, providers } from './providers.ts';
export { recognise } from './recognise.ts';
export {
  type ConnectionErrorEvent,
  guard,
  type HazardEvent,
  type ListenGap,
  type ListenGapEvent,
  reportConnectionError,
  reportListenGap,
} from './report.ts';
export {
  currentSettings,
  inScope,
  isCovered,
  movesSearchPath,
  outOfScope,
  type Settings,
  type SettingsScope,
  withSettings,
} from './settings.ts';
export { refusedWithSettings } from './settings-texts.ts';
export { SharedStatements } from './shared-statements.ts';
export { fixFor, type Stack, stacks } from './stacks.ts';
export {
  forgetsStatements,
  isGone,
  isNeverNamed,
  isOfFunction,
  isOutdated,
  isRefused,
  isUnknownToPooler,
  mayChangeSchema,
  mayMoveSearchPath,
  neverName,
  schemaChanged,
  schemaChanges,
} from './stale-statement.ts';
export {
  isRepeatable,
  type PreparedStatement,
  SeenTexts,
  StatementCache,
  type StatementCacheOptions,
} from './statements.ts';
export { type Story, stories } from './stories.ts';
export { assertSingleHost, parseTarget, type Target, urlOptions } from './target.ts';
export { isBegin, isSingleStatement, type TransactionTag, transactionTag } from './transaction-text.ts';
export { type CleanUrl, withoutClientKeys } from './url-keys.ts';
export { findUrls, type ResolvedUrls, resolveUrls, type UrlVariable, urlVariables } from './urls.ts';
