/**
 * An SQL text as tokens, comments and white space left out. `values[i]` alone tells what token `i` is, so that
 * rules can compare it with one string: a word is folded to lower case, a symbol or operator stands as written,
 * `"name` is a quoted identifier (decoded, without its closing quote), `'` a string of any kind, `0` a number,
 * `$` a parameter. `starts` and `ends` lead back to the text where a literal's value matters.
 */
export interface Tokens {
  readonly sql: string;
  readonly values: string[];
  readonly starts: number[];
  readonly ends: number[];
}

/** Whether the token value is a word or a quoted identifier. */
export function isName(value: string | undefined): value is string {
  if (value === undefined) return false;
  const c = value.charCodeAt(0);
  return (c >= 97 && c <= 122) || c === 95 || c === 34 || c >= 128;
}

/** The identifier that a word or quoted identifier stands for. */
export function nameOf(value: string): string {
  return value.charCodeAt(0) === 34 ? value.slice(1) : value;
}

/** Whether the tokens from `i` on are exactly these values. */
export function follows(t: Tokens, i: number, ...values: readonly string[]): boolean {
  return values.every((value, k) => t.values[i + k] === value);
}

/** The index after a qualified name (`a`, `a.b`, `a.b.c`) that starts at `i`. */
export function afterName(t: Tokens, i: number): number {
  let end = i + 1;
  while (t.values[end] === '.' && isName(t.values[end + 1])) end += 2;
  return end;
}

/** Whether a name is the schema of temporary objects, `pg_temp` or `pg_temp_N`. */
export function isTempSchema(name: string): boolean {
  return name === 'pg_temp' || (name.startsWith('pg_temp_') && /^\d+$/.test(name.slice(8)));
}
