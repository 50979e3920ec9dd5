import { channel } from 'node:diagnostics_channel';
import type { HazardError } from './errors.ts';
import { hazardError, type Plan, type StatementContext } from './plan.ts';
import { type HazardCode, refusals } from './refusals.ts';

/** Published on `poolsafe:hazard` for each statement that is not safe, whatever becomes of it. */
export interface HazardEvent {
  readonly error: HazardError;
  /** Refused; sent, with a warning; sent, since a policy allows it. */
  readonly action: 'throw' | 'warn' | 'allow';
}

const hazardChannel = channel('poolsafe:hazard');

/** Bounds the memory of {@link warned}; a text that was forgotten warns once more. */
const maxWarned = 1000;
const warned = new WeakMap<Plan['hazards'], Set<string>>();

/**
 * Applies a plan to a statement: returns the error to refuse it with, or `undefined` when it may be sent.
 * With `onHazard: 'warn'` it is reported once per text and hazard through `process.emitWarning`, and sent.
 */
export function guard(plan: Plan, sql: string, context: StatementContext): HazardError | undefined {
  const codes = plan.hazards(sql, context);
  if (codes.length === 0) return undefined;
  const refused = plan.onHazard === 'throw' ? plan.check(sql, context) : undefined;
  if (refused === undefined) {
    // What a pool sends, one of its clients checks again and reports, except for what concerns the pool alone.
    letThrough(
      plan,
      sql,
      context.onPool ? codes.filter((code) => refusals[code].when === 'on a pool') : codes,
    );
  } else {
    hazardChannel.publish({ error: refused, action: 'throw' } satisfies HazardEvent);
  }
  return refused;
}

function letThrough(plan: Plan, sql: string, codes: readonly HazardCode[]): void {
  const warnsOf = plan.onHazard === 'warn' ? codes.find((code) => !plan.allow.includes(code)) : undefined;
  const code = warnsOf ?? codes[0];
  if (code === undefined || (warnsOf === undefined && !hazardChannel.hasSubscribers)) return;
  const error = hazardError(code, sql, plan.pooler);
  if (warnsOf !== undefined) warnOnce(plan, sql, error);
  hazardChannel.publish({ error, action: warnsOf === undefined ? 'allow' : 'warn' } satisfies HazardEvent);
}

function warnOnce(plan: Plan, sql: string, error: HazardError): void {
  const known = warned.get(plan.hazards) ?? new Set<string>();
  warned.set(plan.hazards, known);
  const key = `${error.code} ${sql}`;
  if (known.has(key)) return;
  if (known.size >= maxWarned) known.clear();
  known.add(key);
  process.emitWarning(error.message, { type: 'PoolsafeWarning', code: error.code });
}
