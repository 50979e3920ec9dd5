export { classify, isPlain } from './classify.ts';
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
export { hintFor } from './hints.ts';
export {
  type ConnectionErrorEvent,
  type ListenGap,
  type ListenGapEvent,
  reportConnectionError,
} from './lost-connection.ts';
export type { Policy, PoolsafeOptions } from './options.ts';
export { type Plan, planFor, policyOf, type StatementContext, startupError } from './plan.ts';
export { type Fact, type Pooler, type PoolerName, poolers } from './poolers.ts';
export { type Probed, probeName, probeSql, readProbe } from './probe.ts';
export { recognise } from './recognise.ts';
export { type HazardCode, hazardPage } from './refusals.ts';
export { guard, type HazardEvent } from './report.ts';
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
export { assertSingleHost, directOptions, parseTarget, type Target, urlOptions } from './target.ts';
export { isBegin, isSingleStatement, type TransactionTag, transactionTag } from './transaction-text.ts';
export { type CleanUrl, withoutClientKeys } from './url-keys.ts';
