import { clauseStart, optionIs } from './sql-clauses.ts';
import type { Statement } from './sql-statement.ts';
import { follows, isName, isTempSchema, nameOf, type Tokens } from './sql-tokens.ts';

const notInTransaction: ReadonlySet<string> = new Set(['database', 'tablespace', 'subscription']);

/** Words between CREATE and the kind of object. */
const modifiers: ReadonlySet<string> = new Set(
  'or replace global local temp temporary unlogged unique foreign materialized recursive'.split(' '),
);

/** Kinds of objects that have a schema, by the words that name the kind. */
const kinds: readonly (readonly string[])[] = [
  ...'table view sequence function procedure type domain aggregate operator collation statistics'
    .split(' ')
    .map((word) => [word]),
  ['text', 'search', 'configuration'],
  ['text', 'search', 'dictionary'],
  ['text', 'search', 'parser'],
  ['text', 'search', 'template'],
  ['conversion'],
  ['default', 'conversion'],
];

/** `CREATE …` */
export function createRules(s: Statement): void {
  const { t } = s;
  let i = s.from + 1;
  while (modifiers.has(t.values[i] ?? '')) i++;
  const head = t.values.slice(s.from, i);
  const kind = t.values[i] ?? '';
  if (notInTransaction.has(kind)) createOutside(s, kind);
  if (kind === 'index') createIndex(s, i);
  const words = kinds.find((kindWords) => follows(t, i, ...kindWords));
  if (words === undefined) return;
  i += words.length;
  if (follows(t, i, 'if', 'not', 'exists')) i += 3;
  s.created = i;
  const temporary = head.includes('temp') || head.includes('temporary') || isTempName(t, i);
  s.query = kind === 'table' || kind === 'view' ? clauseStart(s, i, 'as') : s.to;
  if (kind === 'table') createTable(s, i);
  else if (head.includes('materialized') && !isWithoutData(s)) s.callsFrom = s.query;
  if (!temporary) return;
  const dropped = kind === 'table' && clauseStart(s, i, 'on', 'commit', 'drop') < s.query;
  s.found.add(dropped ? 'tx:temp_on_commit_drop' : 'session:temp');
}

function isTempName(t: Tokens, i: number): boolean {
  return t.values[i + 1] === '.' && isName(t.values[i]) && isTempSchema(nameOf(t.values[i] as string));
}

/** A table runs the query it is made from and its partition bounds; its defaults and constraints are stored. */
function createTable(s: Statement, name: number): void {
  if (s.t.values[s.query + 1] === 'execute') s.found.add('session:execute');
  const bounds = clauseStart(s, name, 'for', 'values');
  if (!isWithoutData(s)) s.callsFrom = Math.min(s.query, bounds);
}

function isWithoutData(s: Statement): boolean {
  return follows(s.t, s.to - 3, 'with', 'no', 'data');
}

function createIndex(s: Statement, i: number): void {
  if (s.t.values[i + 1] === 'concurrently') s.found.add('no_transaction');
  // What stands before the list of columns are names: of the index, the table, the access method.
  let list = clauseStart(s, i, 'on');
  while (list < s.to && s.t.values[list] !== '(') list++;
  s.callsFrom = list;
}

/** A subscription that makes no slot on the publisher may be created in a transaction. */
function createOutside(s: Statement, kind: string): void {
  const slotless = optionIs(s, 'create_slot', false) || optionIs(s, 'connect', false);
  if (kind !== 'subscription' || !slotless) s.found.add('no_transaction');
}

/** `DROP …` */
export function dropRules(s: Statement): void {
  const kind = s.t.values[s.from + 1] ?? '';
  const concurrently = kind === 'index' && s.t.values[s.from + 2] === 'concurrently';
  if (notInTransaction.has(kind) || concurrently) s.found.add('no_transaction');
}

/** `ALTER …` */
export function alterRules(s: Statement): void {
  const { t } = s;
  const kind = t.values[s.from + 1];
  if (kind === 'system') s.found.add('no_transaction');
  if (kind === 'database' && movesDatabase(s)) s.found.add('no_transaction');
  if (kind === 'table' && detachesConcurrently(s)) s.found.add('no_transaction');
  if (kind === 'table' || (kind === 'foreign' && t.values[s.from + 2] === 'table')) s.callsFrom = s.from;
}

/** `SET TABLESPACE x`, or the option `[WITH] TABLESPACE [=] x`; but `SET tablespace = x` is a setting. */
function movesDatabase(s: Statement): boolean {
  const { values } = s.t;
  const word = values[s.from + 3];
  const at = word === 'set' || word === 'with' ? s.from + 4 : s.from + 3;
  const next = values[at + 1];
  return (
    values[at] === 'tablespace' && (word !== 'set' || (isName(next) && next !== 'to' && next !== 'from'))
  );
}

function detachesConcurrently(s: Statement): boolean {
  const last = s.to - 1;
  if (s.t.values[last] !== 'concurrently' || s.t.values[last - 1] === '.') return false;
  return clauseStart(s, s.from, 'detach', 'partition') < s.to;
}

/** `VACUUM`, `CLUSTER`, `REINDEX` */
export function maintenanceRules(s: Statement): void {
  const { t } = s;
  let i = s.from + 1;
  const hasOptions = t.values[i] === '(';
  if (hasOptions) while (i < s.to && t.values[i - 1] !== ')') i++;
  else if (t.values[i] === 'verbose') i++;
  const head = t.values[s.from];
  const kind = t.values[i] ?? '';
  const whole =
    head === 'cluster' ? i >= s.to : kind === 'schema' || kind === 'database' || kind === 'system';
  const concurrently =
    t.values[i + 1] === 'concurrently' || (hasOptions && optionIs(s, 'concurrently', true));
  if (head === 'vacuum' || whole || (head === 'reindex' && concurrently)) s.found.add('no_transaction');
}

/** Where the elements of `CREATE SCHEMA` begin, each a statement of its own; the first is the head itself. */
export function schemaElements(s: Statement): number[] {
  const edges = [s.from];
  let depth = 0;
  for (let i = s.from + 2; i < s.to; i++) {
    const value = s.t.values[i];
    if (value === '(') depth++;
    else if (value === ')') depth--;
    const starts = value === 'create' || value === 'grant';
    const before = s.t.values[i - 1];
    if (depth === 0 && starts && before !== '.' && before !== 'as') edges.push(i);
  }
  return edges;
}
