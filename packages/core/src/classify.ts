import { type Effect, effects } from './effects.ts';
import { memoized } from './memo.ts';
import { findEffects } from './sql-classify.ts';

/** A statement that changes no session by its first word; what else it may hold, `suspicious` looks for. */
const plainHead = /^[\s(]*(?:select|insert|update|delete|with|values|merge|table)\b/i;

/** Every name of the rules, and what else can have an effect. Most of PostgreSQL's own `pg_…` names have none. */
const suspicious = new RegExp(
  [
    'set_config|currval|lastval|setseed|dblink_|\\blo_|loread|lowrite',
    'pg_(?:(?:try_)?advisory|temp|my_temp|backend_pid|listening|prepared|cursors|export)',
    'pg_(?:create|replication_origin|backup|start|stop|cancel|terminate)_',
    '\\btemp(?:orary)?\\b|\\bcurrent\\b|u&"|;\\s*[^\\s;]',
  ].join('|'),
  'i',
);

const nothing: readonly Effect[] = Object.freeze([]);

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
  return isPlain(sql) ? nothing : known(sql);
}

/**
 * Whether a text certainly has no effect, told without reading it word by word: most of what ORMs send.
 *
 * ```ts
 * isPlain('select * from notes where id = $1') // true
 * ```
 */
export function isPlain(sql: string): boolean {
  return plain(sql);
}

/** Each layer asks, for each execution: looking a text up costs less than looking through it. */
const plain = memoized((sql) => plainHead.test(sql) && !suspicious.test(sql));

const known = memoized((sql): readonly Effect[] => {
  const found = findEffects(sql);
  return found.size === 0 ? nothing : Object.freeze(effects.filter((effect) => found.has(effect)));
});
