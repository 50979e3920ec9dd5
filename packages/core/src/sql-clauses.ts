import { constantBoolean, truthOfText } from './sql-constant.ts';
import type { Statement } from './sql-statement.ts';
import { follows, isName, nameOf, type Tokens } from './sql-tokens.ts';

/** Where these words stand outside parentheses, from token `i` on; the statement's end if nowhere. */
export function clauseStart(s: Statement, i: number, ...words: readonly string[]): number {
  let depth = 0;
  for (let at = i; at < s.to; at++) {
    const value = s.t.values[at];
    if (value === '(') depth++;
    else if (value === ')') depth--;
    else if (depth === 0 && value === words[0] && s.t.values[at - 1] !== '.' && follows(s.t, at, ...words))
      return at;
  }
  return s.to;
}

/**
 * Whether an option in parentheses is set so: `(name)`, `(name true)`, `(name = 'off')`. The last one counts.
 * An option that is not there is neither true nor false.
 */
export function optionIs(s: Statement, name: string, wanted: boolean): boolean {
  const { values } = s.t;
  let is = false;
  for (let i = s.from; i < s.to; i++) {
    if (values[i - 1] !== '(' && values[i - 1] !== ',') continue;
    if (nameOf(values[i] ?? '') !== name) continue;
    is = optionValue(s.t, values[i + 1] === '=' ? i + 2 : i + 1) === wanted;
  }
  return is;
}

function optionValue(t: Tokens, i: number): boolean | null | undefined {
  const value = t.values[i];
  if (value === ',' || value === ')') return true;
  return isName(value) ? truthOfText(nameOf(value)) : constantBoolean(t, i, i + 1);
}
