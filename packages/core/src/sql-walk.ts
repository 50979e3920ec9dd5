import { type Call, effectOfCall } from './sql-calls.ts';
import { backendLocalRelations, functionEffects } from './sql-functions.ts';
import { clauseEnds } from './sql-leads.ts';
import { isCall, isDistinctFrom, isRelationPlace, isSchemaPlace, level, type Place } from './sql-places.ts';
import type { Statement } from './sql-statement.ts';
import { follows, isName, isTempSchema, nameOf } from './sql-tokens.ts';

interface Walk extends Place {
  readonly s: Statement;
  readonly outerFlags: number[];
  call: Call | undefined;
  readonly outerCalls: (Call | undefined)[];
  /** A call whose opening parenthesis is the next token. */
  opening: Call | undefined;
}

/** Finds what counts at any depth of a statement: function calls, mentions of `pg_temp`, `SELECT … INTO TEMP`. */
export function walk(s: Statement): void {
  const w: Walk = {
    s,
    t: s.t,
    first: s.from,
    query: s.query,
    flags: 0,
    transparentClose: -1,
    outerFlags: [],
    call: undefined,
    outerCalls: [],
    opening: undefined,
  };
  for (let i = s.from; i < s.to; i++) {
    const value = s.t.values[i] as string;
    if (value === '(' || value === '[') open(w, i);
    else if (value === ')' || value === ']') close(w, i);
    else if (value === ',') w.call?.edges.push(i);
    else if (value === ';') w.flags = 0;
    else if (isName(value)) visitName(w, i, value);
  }
}

function open(w: Walk, i: number): void {
  const { values } = w.t;
  const before = values[i - 1];
  const transparent =
    before === 'operator' ||
    (before === 'on' && values[i - 2] === 'distinct') ||
    (before === 'with' && values[i - 2] === 'returning');
  const joined = isRelationPlace(w, i);
  w.outerFlags.push(w.flags);
  w.flags = transparent ? level.transparent : joined ? level.from : 0;
  w.outerCalls.push(w.call);
  w.call = w.opening;
  w.opening = undefined;
}

function close(w: Walk, i: number): void {
  const effect = w.call && effectOfCall(w.t, w.call, i);
  if (effect !== undefined) w.s.found.add(effect);
  if (w.flags & level.transparent) w.transparentClose = i;
  w.flags = w.outerFlags.pop() ?? 0;
  w.call = w.outerCalls.pop();
}

function visitName(w: Walk, i: number, value: string): void {
  const { values } = w.t;
  const quoted = value.charCodeAt(0) === 34;
  if (!quoted && values[i - 1] !== '.') visitWord(w, i, value);
  const name = quoted ? value.slice(1) : value;
  if (values[i + 1] === '(') {
    const effect = i < w.s.callsFrom ? undefined : functionEffects.get(name);
    if (effect !== undefined && isCall(w, i, name.startsWith('dblink_')))
      w.opening = { effect, edges: [i + 1] };
  } else if (values[i - 1] === '.' && values[i - 2] === ')') {
    // Attribute notation, `(1).f`. A column can be called so, but hardly if it starts with pg_.
    const effect = i < w.s.callsFrom || !name.startsWith('pg_') ? undefined : functionEffects.get(name);
    if (typeof effect === 'string') w.s.found.add(effect);
  } else if (isTempSchema(name)) {
    if (i !== w.s.created && isSchemaPlace(w, i)) w.s.found.add('session:temp_ref');
  } else if (values[i + 1] !== '.' && backendLocalRelations.has(name)) {
    const qualified = values[i - 1] === '.';
    const own = !qualified || nameOf(values[i - 2] ?? '') === 'pg_catalog';
    if (own && isRelationPlace(w, qualified ? i - 2 : i)) w.s.found.add('hint:backend_local');
  }
}

function visitWord(w: Walk, i: number, word: string): void {
  const { values } = w.t;
  switch (word) {
    case 'select':
      w.flags = (w.flags & level.transparent) | level.query | level.select;
      break;
    case 'delete':
    case 'merge':
      if (values[i + 1] === 'from' || values[i + 1] === 'into') {
        w.flags = (w.flags & ~level.with) | level.query | level.using;
      }
      break;
    case 'update':
      w.flags = (w.flags & ~level.with) | level.query;
      break;
    case 'insert':
      if (values[i + 1] === 'into') w.flags = (w.flags & ~level.with) | level.query;
      break;
    case 'with':
      if (opensList(w, i)) w.flags |= level.with;
      break;
    case 'from':
      if (w.flags & level.query && !isDistinctFrom(w.t, i) && values[i - 1] !== 'as') w.flags |= level.from;
      break;
    case 'into':
      if (w.flags & level.select) selectInto(w.s, i);
      break;
    case 'current':
      if (values[i - 1] === 'where' && values[i + 1] === 'of') w.s.found.add('tx:cursor');
      break;
    default:
      if (clauseEnds.has(word)) w.flags &= ~(level.from | level.with);
  }
}

/** Whether `WITH` at `i` opens a list of common table expressions. */
function opensList(w: Walk, i: number): boolean {
  const { values } = w.t;
  const next = values[i + 1];
  if (next === 'recursive') return true;
  if (!isName(next) || next === 'check' || (next === 'ordinality' && w.flags & level.from)) return false;
  return values[i + 2] === 'as' || values[i + 2] === '(';
}

/** `SELECT … INTO [TEMP] [TABLE] name`, where TEMP itself may be the name. */
function selectInto(s: Statement, i: number): void {
  const { t } = s;
  let at = i + 1;
  if (follows(t, at, 'local') || follows(t, at, 'global')) at += isTempWord(t.values[at + 1]) ? 1 : 0;
  const next = t.values[at + 1];
  const temp = isTempWord(t.values[at]) && isName(next) && next !== 'from' && !clauseEnds.has(next);
  if (temp || t.values[at] === 'unlogged') at++;
  if (t.values[at] === 'table') at++;
  s.created = at;
  if (temp || isTempTable(s, at)) s.found.add('session:temp');
}

function isTempWord(value: string | undefined): boolean {
  return value === 'temp' || value === 'temporary';
}

function isTempTable(s: Statement, i: number): boolean {
  const name = s.t.values[i];
  return isName(name) && isTempSchema(nameOf(name)) && s.t.values[i + 1] === '.';
}
