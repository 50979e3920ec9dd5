import { decodeUnicode, lineEnd, skipDollarQuoted, skipQuoted, skipString } from './sql-literals.ts';
import type { Tokens } from './sql-tokens.ts';

const kind = {
  symbol: 0,
  blank: 1,
  word: 2,
  digit: 3,
  operator: 4,
  quote: 5,
  doubleQuote: 6,
  dollar: 7,
  colon: 8,
};

const kinds: Uint8Array = new Uint8Array(128);
for (let c = 97; c <= 122; c++) kinds[c] = kinds[c - 32] = kind.word;
for (let c = 48; c <= 57; c++) kinds[c] = kind.digit;
for (const c of [9, 10, 11, 12, 13, 32]) kinds[c] = kind.blank;
for (const c of '~!@#^&|`?+-*/%<>=') kinds[c.charCodeAt(0)] = kind.operator;
kinds[95] = kind.word;
kinds[39] = kind.quote;
kinds[34] = kind.doubleQuote;
kinds[36] = kind.dollar;
kinds[58] = kind.colon;

function kindAt(sql: string, i: number): number {
  const c = sql.charCodeAt(i);
  return c < 128 ? (kinds[c] as number) : c >= 128 ? kind.word : kind.symbol;
}

/**
 * Splits an SQL text as PostgreSQL's own scanner does. What is left open (a string, a comment) reaches to the end
 * of the text; a character that PostgreSQL does not know is a symbol.
 */
export function tokenize(sql: string): Tokens {
  const t: Tokens = { sql, values: [], starts: [], ends: [] };
  for (let i = 0; i < sql.length; ) {
    const k = kindAt(sql, i);
    if (k === kind.blank) i++;
    else if (k === kind.word) i = readWord(t, i);
    else if (k === kind.operator) i = readOperator(t, i);
    else if (k === kind.quote) i = push(t, "'", i, skipString(sql, i + 1, false));
    else if (k === kind.doubleQuote) i = readQuotedName(t, i);
    else if (k === kind.digit) i = readNumber(t, i);
    else if (k === kind.dollar) i = readDollar(t, i);
    else i = readSymbol(t, i, k);
  }
  return t;
}

function push(t: Tokens, value: string, start: number, end: number): number {
  const last = t.values.length - 1;
  if (value === "'" && t.values[last] === 'uescape' && isUnicode(t, last - 1))
    return applyEscape(t, last - 1, end);
  t.values.push(value);
  t.starts.push(start);
  t.ends.push(end);
  return end;
}

function isUnicode(t: Tokens, i: number): boolean {
  const start = t.starts[i];
  return start !== undefined && /^u&['"]/i.test(t.sql.slice(start, start + 3));
}

/** Makes `U&"…" UESCAPE '…'` one token. */
function applyEscape(t: Tokens, i: number, end: number): number {
  const close = (t.ends[i] as number) - 1;
  if (t.sql[close] === '"') {
    t.values[i] = unicodeName(t.sql.slice((t.starts[i] as number) + 3, close), t.sql[end - 2] ?? '\\');
  }
  t.ends[i] = end;
  for (const list of [t.values, t.starts, t.ends]) list.pop();
  return end;
}

function unicodeName(body: string, mark: string): string {
  return `"${decodeUnicode(body.replaceAll('""', '"'), mark)}`;
}

const literalPrefix = /[ebxnEBXN]/;

function readWord(t: Tokens, i: number): number {
  const { sql } = t;
  const next = sql.charCodeAt(i + 1);
  if (next === 39 && literalPrefix.test(sql[i] as string)) {
    return push(t, "'", i, skipString(sql, i + 2, sql[i] === 'e' || sql[i] === 'E'));
  }
  if (next === 38 && (sql[i] === 'u' || sql[i] === 'U')) {
    if (sql[i + 2] === "'") return push(t, "'", i, skipString(sql, i + 3, false));
    if (sql[i + 2] === '"') return readUnicodeName(t, i);
  }
  let end = i;
  let upper = false;
  let ascii = true;
  for (; end < sql.length; end++) {
    const c = sql.charCodeAt(end);
    if (c >= 97 && c <= 122) continue;
    if (c >= 65 && c <= 90) upper = true;
    else if (c >= 128) ascii = false;
    else if (c !== 95 && c !== 36 && (c < 48 || c > 57)) break;
  }
  const word = sql.slice(i, end);
  if (!upper) return push(t, word, i, end);
  // PostgreSQL folds ASCII letters only: a Kelvin sign must not become a "k".
  const fold = (letters: string): string => letters.toLowerCase();
  return push(t, ascii ? fold(word) : word.replace(/[A-Z]+/g, fold), i, end);
}

function readQuotedName(t: Tokens, i: number): number {
  const end = skipQuoted(t.sql, i + 1, '"');
  const raw = t.sql.slice(i, end - 1);
  return push(t, raw.indexOf('"', 1) === -1 ? raw : `"${raw.slice(1).replaceAll('""', '"')}`, i, end);
}

function readUnicodeName(t: Tokens, i: number): number {
  const end = skipQuoted(t.sql, i + 3, '"');
  return push(t, unicodeName(t.sql.slice(i + 3, end - 1), '\\'), i, end);
}

/** Reads up to a comment, which ends an operator wherever it starts in it; or skips the comment. */
function readOperator(t: Tokens, i: number): number {
  let end = i;
  while (kindAt(t.sql, end) === kind.operator && !isComment(t.sql, end)) end++;
  if (end > i) return push(t, t.sql.slice(i, end), i, end);
  return t.sql[i] === '-' ? lineEnd(t.sql, i) : skipBlockComment(t.sql, i);
}

function isComment(sql: string, i: number): boolean {
  const c = sql.charCodeAt(i);
  return (c === 45 && sql.charCodeAt(i + 1) === 45) || (c === 47 && sql.charCodeAt(i + 1) === 42);
}

const commentEdge = /\/\*|\*\//g;

function skipBlockComment(sql: string, i: number): number {
  commentEdge.lastIndex = i;
  let depth = 0;
  for (let edge = commentEdge.exec(sql); edge !== null; edge = commentEdge.exec(sql)) {
    depth += edge[0] === '/*' ? 1 : -1;
    if (depth === 0) return commentEdge.lastIndex;
  }
  return sql.length;
}

const number = /0(?:x[0-9a-f_]+|o[0-7_]+|b[01_]+)|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[+-]?\d[\d_]*)?/iy;

function readNumber(t: Tokens, i: number): number {
  number.lastIndex = i;
  number.test(t.sql);
  return push(t, '0', i, Math.max(number.lastIndex, i + 1));
}

function readDollar(t: Tokens, i: number): number {
  let end = i + 1;
  while (kindAt(t.sql, end) === kind.digit) end++;
  if (end > i + 1) return push(t, '$', i, end);
  const close = skipDollarQuoted(t.sql, i);
  return close === -1 ? push(t, '$', i, i + 1) : push(t, "'", i, close);
}

function readSymbol(t: Tokens, i: number, k: number): number {
  const { sql } = t;
  const next = sql.charCodeAt(i + 1);
  if (k === kind.colon && (next === 58 || next === 61)) return push(t, sql.slice(i, i + 2), i, i + 2);
  if (sql[i] === '.' && next >= 48 && next <= 57) return readNumber(t, i);
  return push(t, sql[i] as string, i, i + 1);
}
