import { callLeads, runningHeads, tableQueryLeads } from './sql-leads.ts';
import { isName, nameOf, type Tokens } from './sql-tokens.ts';

/** What was seen inside the innermost open parenthesis, as bits. */
export const level = { query: 1, select: 2, from: 4, with: 8, using: 16, transparent: 32 } as const;

/** A place in a statement: what is known there of what came before. */
export interface Place {
  readonly t: Tokens;
  /** The statement's first token. */
  readonly first: number;
  /** Where the query of CREATE … AS starts, or the statement's end. */
  readonly query: number;
  flags: number;
  /** The last `)` after which an expression still begins, as in `DISTINCT ON (a) f()`; or -1. */
  transparentClose: number;
}

/** Whether the function name at `i`, before a parenthesis, is called there, and not named, defined or aliased. */
export function isCall(place: Place, i: number, anySchema: boolean): boolean {
  const { values } = place.t;
  let start = i;
  for (let hops = 0; hops < 3 && values[start - 1] === '.' && isName(values[start - 2]); hops++) start -= 2;
  if (start < i && !anySchema && nameOf(values[i - 2] as string) !== 'pg_catalog') return false;
  return isExpressionPlace(place, start);
}

function isExpressionPlace(place: Place, i: number): boolean {
  const { values } = place.t;
  const before = values[i - 1];
  if (i === place.first || before === undefined) return false;
  if (isName(before)) return callLeads.has(before) && !(before === 'default' && values[i - 2] === 'set');
  if (before === ',') return (place.flags & level.with) === 0;
  if (before === ')') return i - 1 === place.transparentClose;
  return !operandEnds.has(before);
}

const operandEnds: ReadonlySet<string> = new Set(['.', '::', ']', ';', "'", '0', '$']);

/** Whether a table, view or table function is named at `i`. */
export function isRelationPlace(place: Place, i: number): boolean {
  const { values } = place.t;
  const before = values[i - 1];
  if (before === ',' || before === '(') return (place.flags & level.from) !== 0;
  if (before === 'from') return (place.flags & level.from) !== 0 && !isDistinctFrom(place.t, i - 1);
  if (before === 'using') return (place.flags & level.using) !== 0;
  if (before === 'table') return isTableQuery(place, i - 1);
  if (before === 'only') return values[i - 2] !== 'only' && isRelationPlace(place, i - 1);
  return before === 'join' || before === 'lateral';
}

function isQuery(place: Place, i: number): boolean {
  const first = place.t.values[place.first] as string;
  return i > place.query || runningHeads.has(first) || first === 'explain' || first === 'prepare';
}

/** Whether `TABLE` at `i` is a query, as in `INSERT INTO a TABLE b`, unlike `SELECT 1 INTO TABLE a`. */
function isTableQuery(place: Place, i: number): boolean {
  const { values } = place.t;
  if (i === place.first || tableQueryLeads.has(values[i - 1] as string)) return true;
  return isQuery(place, i) && (place.flags & level.select) === 0;
}

/** Whether `FROM` at `i` belongs to `a IS [NOT] DISTINCT FROM b`. */
export function isDistinctFrom(t: Tokens, i: number): boolean {
  const before = t.values[i - 2];
  return t.values[i - 1] === 'distinct' && (before === 'is' || before === 'not');
}

/** Whether the name at `i` is a schema there; a column of a table that is called so looks almost the same. */
export function isSchemaPlace(place: Place, i: number): boolean {
  const { values } = place.t;
  const before = values[i - 1] ?? '';
  if (values[i + 1] !== '.') return before === 'schema';
  const after = values[i + 3];
  if (before === '.' || before === '::' || after === '.' || after === '(' || after === "'") return true;
  if (before === ')') return i - 1 !== place.transparentClose;
  if (before === 'set' || before === 'reset') return false;
  if (!isQuery(place, i))
    return values[place.first] === 'create' || isName(before) || before === '(' || before === ',';
  if (isName(before) && !callLeads.has(before)) return true;
  // A type: `JSON_ARRAY(… RETURNING x.y)`.
  if (before === 'returning') return (place.flags & level.query) === 0;
  return isRelationPlace(place, i) || values[i - 2] === 'operator';
}
