import { isPlain } from './classify.ts';
import type { Effect } from './effects.ts';
import { memoized } from './memo.ts';
import { type HazardCode, hazardCodes, type Refusal, refusals } from './refusals.ts';
import { findStatements, type StatementEffects } from './sql-classify.ts';
import { tokenize } from './sql-lexer.ts';
import { nameOf } from './sql-tokens.ts';

/** The hazards of an SQL text, by what decides whether they count. */
export interface Examined {
  readonly always: readonly HazardCode[];
  /** Of statements that no transaction covers, unless one is open when the text begins. */
  readonly outside: readonly HazardCode[];
  /** When the text is sent through a pool, where the next one may run on another connection. */
  readonly onPool: readonly HazardCode[];
}

const none: readonly HazardCode[] = Object.freeze([]);
const harmless: Examined = Object.freeze({ always: none, outside: none, onPool: none });

/** Finds the hazards of an SQL text. What it found in recent texts is remembered. */
export function examine(sql: string): Examined {
  return isPlain(sql) ? harmless : examined(sql);
}

const examined = memoized((sql): Examined => {
  const statements = findStatements(sql);
  const always = codes(statements, 'always');
  if (cancelsByPid(sql)) always.push('POOLSAFE_CANCEL');
  return {
    always,
    outside: codes(uncovered(statements), 'outside a transaction'),
    onPool: leavesTransaction(sql, statements) ? ['POOLSAFE_TRANSACTION_ON_POOL'] : none,
  };
});

function codes(statements: readonly StatementEffects[], when: Refusal['when']): HazardCode[] {
  return hazardCodes.filter((code) => {
    const row = refusals[code];
    return (
      row.when === when && row.effects.some((effect) => statements.some(({ found }) => found.has(effect)))
    );
  });
}

/**
 * The statements that no transaction of the text itself covers. PostgreSQL runs several statements in one text as
 * one transaction, so only a single one is on its own.
 */
function uncovered(statements: readonly StatementEffects[]): readonly StatementEffects[] {
  const [only] = statements;
  if (only === undefined || statements.length > 1) return [];
  if (!changesRows.has(only.first)) return statements;
  return [{ ...only, found: new Set([...only.found].filter((effect) => !heldByStatement.has(effect))) }];
}

/** `UPDATE … WHERE pg_try_advisory_xact_lock(id)` needs its lock for as long as it runs, and has it. */
const changesRows: ReadonlySet<string> = new Set(['insert', 'update', 'delete', 'merge', 'with']);
const heldByStatement: ReadonlySet<Effect> = new Set<Effect>(['tx:advisory_lock', 'tx:set_local']);

const begins: ReadonlySet<string> = new Set(['begin', 'start']);

/** Whether the text begins a transaction and leaves it open, or is the end of one that it did not begin. */
function leavesTransaction(sql: string, statements: readonly StatementEffects[]): boolean {
  const last = statements.filter(controlsTransaction).at(-1);
  if (last === undefined) return false;
  return begins.has(last.first) || statements.length === 1 || chains(sql);
}

function controlsTransaction({ first, found }: StatementEffects): boolean {
  return found.has('tx:control') || (first === 'prepare' && found.has('tx:two_phase'));
}

const ends: ReadonlySet<string> = new Set(['commit', 'end', 'rollback', 'abort']);

/** Whether the last end of a transaction in the text begins the next one: `COMMIT AND CHAIN`. */
function chains(sql: string): boolean {
  const { values } = tokenize(sql);
  const at = values.findLastIndex((value, i) => ends.has(value) && (i === 0 || values[i - 1] === ';'));
  const next = values[at + 1] === 'work' || values[at + 1] === 'transaction' ? at + 2 : at + 1;
  return values[next] === 'and' && values[next + 1] === 'chain';
}

const cancel = /pg_(?:cancel|terminate)_backend/i;
const cancels: ReadonlySet<string> = new Set(['pg_cancel_backend', 'pg_terminate_backend']);
/** A parameter, a number, a string. */
const given: ReadonlySet<string | undefined> = new Set(['$', '0', "'"]);

/**
 * Whether a backend is cancelled by a pid that the text does not look up itself, but gets as a parameter or number.
 * The pid that a client knows is the pooler's, or that of a server connection somebody else has by now.
 */
function cancelsByPid(sql: string): boolean {
  if (!cancel.test(sql)) return false;
  const { values } = tokenize(sql);
  return values.some((value, i) => {
    if (!cancels.has(nameOf(value)) || values[i + 1] !== '(') return false;
    if (values[i - 1] === '.' && nameOf(values[i - 2] ?? '') !== 'pg_catalog') return false;
    return given.has(values[argumentStart(values, i + 2)]);
  });
}

/** Where the value of an argument starts: after its name, parentheses and `CAST(`. */
function argumentStart(values: readonly string[], from: number): number {
  let at = values[from + 1] === '=>' || values[from + 1] === ':=' ? from + 2 : from;
  while (values[at] === '(' || values[at] === 'cast') at++;
  return at;
}
