import { type Effect, effects } from './effects.ts';
import { findEffects } from './sql-classify.ts';

/** A statement that changes no session by its first word; what else it may hold, `suspicious` looks for. */
const plainHead = /^[\s(]*(?:select|insert|update|delete|with|values|merge|table)\b/i;

const suspicious =
  /set_config|currval|lastval|setseed|pg_|dblink_|\blo_|loread|lowrite|\btemp(?:orary)?\b|\bcurrent\b|u&"|;\s*[^\s;]/i;

const nothing: readonly Effect[] = Object.freeze([]);

const memoTexts = 500;
const memoLength = 10_000;

/** Two generations of at most `memoTexts` texts: what is asked again moves to the younger, the older is dropped whole. */
let young = new Map<string, readonly Effect[]>();
let old = new Map<string, readonly Effect[]>();

/**
 * Tells what an SQL text does beyond its own rows: to the session, to the transaction, or out of sight.
 * It holds for everything PostgreSQL would run for that text, in all its statements, at any depth; strings, comments
 * and names never count. It reads the text once, never throws, and answers in the order of {@link effects}.
 *
 * @example
 * ```ts
 * classify('set work_mem = 1000; select pg_advisory_lock(1)') // ['session:set', 'session:advisory_lock']
 * classify('update jobs set role = $1') // []
 * ```
 */
export function classify(sql: string): readonly Effect[] {
  if (plainHead.test(sql) && !suspicious.test(sql)) return nothing;
  if (sql.length > memoLength) return inOrder(findEffects(sql));
  const known = young.get(sql) ?? old.get(sql) ?? inOrder(findEffects(sql));
  if (!young.has(sql)) remember(sql, known);
  return known;
}

function inOrder(found: ReadonlySet<Effect>): readonly Effect[] {
  return found.size === 0 ? nothing : Object.freeze(effects.filter((effect) => found.has(effect)));
}

function remember(sql: string, known: readonly Effect[]): void {
  if (young.size >= memoTexts) {
    old = young;
    young = new Map();
  }
  young.set(sql, known);
}
