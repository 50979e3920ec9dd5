import type { HazardCode } from './refusals.ts';

/** Every `code` that a {@link PoolsafeError} can have. */
export type PoolsafeErrorCode = HazardCode | 'POOLSAFE_CONFIG' | 'POOLSAFE_SETTINGS';

const brand: unique symbol = Symbol.for('poolsafe.error') as never;

/** What every {@link PoolsafeError} is made from. */
export interface PoolsafeErrorFields {
  readonly code: PoolsafeErrorCode;
  readonly docs: string;
  readonly cause?: unknown;
}

/**
 * Base class of all errors that poolsafe itself raises. Errors that come from PostgreSQL, from the pooler or
 * from the driver are passed on as they are and are never of this class.
 *
 * {@link PoolsafeError.is} also recognises an error of another installed copy of the package, which
 * `instanceof` does not.
 *
 * ```ts
 * try {
 *   await pool.query("set work_mem to '64MB'")
 * } catch (error) {
 *   if (PoolsafeError.is(error)) console.error(error.code, error.docs)
 * }
 * ```
 */
export class PoolsafeError extends Error {
  override readonly name: string = 'PoolsafeError';
  /** Stable identifier, for example `POOLSAFE_SESSION_SET`. Compare this, not the message. */
  readonly code: PoolsafeErrorCode;
  /** The page in the documentation, relative to the repository. */
  readonly docs: string;

  constructor(message: string, fields: PoolsafeErrorFields) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.code = fields.code;
    this.docs = fields.docs;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Whether `error` was raised by poolsafe, by whichever copy of the package. */
  static is(error: unknown): error is PoolsafeError {
    return typeof error === 'object' && error !== null && (error as { [brand]?: unknown })[brand] === true;
  }
}

/**
 * Options that cannot work: an unusable URL, an unknown pooler name, options that contradict each other, a
 * startup parameter that the pooler refuses. Thrown when the pool or client is constructed, before anything
 * is sent.
 */
export class ConfigError extends PoolsafeError {
  override readonly name: string = 'ConfigError';
}

/** A {@link ConfigError} about the options themselves. */
export function configError(what: string, fix: string, cause?: unknown): ConfigError {
  const docs = 'docs/options.md';
  const message = `${what}\n  fix: ${fix}\n  read more: ${docs}`;
  return new ConfigError(message, { code: 'POOLSAFE_CONFIG', docs, cause });
}

/** A statement that cannot run with the settings of `withSettings` in force, or a wrong one of those. */
export function settingsError(what: string, fix: string): PoolsafeError {
  const docs = 'docs/settings.md';
  return new PoolsafeError(`${what}\n  fix: ${fix}\n  read more: ${docs}`, {
    code: 'POOLSAFE_SETTINGS',
    docs,
  });
}

/** For a statement in a transaction that has not the settings that are in force for it. */
export function otherSettings(): PoolsafeError {
  return settingsError(
    'This transaction began with other settings in force, and keeps those until its end.',
    'begin the transaction inside of withSettings',
  );
}

/**
 * A statement that poolsafe refused before sending anything: behind a transaction-mode pooler it would fail,
 * be lost, or reach somebody else.
 */
export class HazardError extends PoolsafeError {
  override readonly name: string = 'HazardError';
  /** The start of the SQL text that was refused, with `'…'` for each literal. Parameter values are never part of it. */
  readonly statement: string;

  constructor(message: string, fields: PoolsafeErrorFields & { readonly statement: string }) {
    super(message, fields);
    this.statement = fields.statement;
  }
}
