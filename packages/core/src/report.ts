import { channel } from 'node:diagnostics_channel';
import type { HazardError } from './errors.ts';
import type { Plan, StatementContext } from './plan.ts';

/** Published on `poolsafe:hazard` for each statement that is not safe, whatever becomes of it. */
export interface HazardEvent {
  readonly error: HazardError;
  readonly action: 'throw' | 'warn';
}

/** Published on `poolsafe:connection-error` when a connection is lost, whether a query was running or not. */
export interface ConnectionErrorEvent {
  readonly error: unknown;
}

const hazardChannel = channel('poolsafe:hazard');
const connectionErrorChannel = channel('poolsafe:connection-error');

/** Bounds the memory of {@link warned}; a text that was forgotten warns once more. */
const maxWarned = 1000;
const warned = new WeakMap<Plan, Set<string>>();

/**
 * Applies a plan to a statement: returns the error to refuse it with, or `undefined` when it may be sent.
 * With `onHazard: 'warn'` it is reported once per text through `process.emitWarning`, and sent.
 */
export function guard(plan: Plan, sql: string, context: StatementContext): HazardError | undefined {
  const error = plan.check(sql, context);
  if (error === undefined || plan.onHazard === 'allow') return undefined;
  hazardChannel.publish({ error, action: plan.onHazard } satisfies HazardEvent);
  if (plan.onHazard === 'throw') return error;
  warnOnce(plan, sql, error);
  return undefined;
}

function warnOnce(plan: Plan, sql: string, error: HazardError): void {
  const texts = warned.get(plan) ?? new Set<string>();
  warned.set(plan, texts);
  if (texts.has(sql)) return;
  if (texts.size >= maxWarned) texts.clear();
  texts.add(sql);
  process.emitWarning(error.message, { type: 'PoolsafeWarning', code: error.code });
}

/** Reports a lost connection on `poolsafe:connection-error`. */
export function reportConnectionError(error: unknown): void {
  connectionErrorChannel.publish({ error } satisfies ConnectionErrorEvent);
}
