import { stringValue } from './sql-literals.ts';
import { afterName, isName, type Tokens } from './sql-tokens.ts';

/**
 * Whether the expression in tokens `from` to `to` is a constant and, as a Boolean, true; `null` is the constant
 * NULL, `undefined` means that it is not a constant.
 *
 * Parentheses and casts keep a constant's truth and NOT inverts it wherever it stands, so that one pass over the
 * tokens before and after the literal decides, however deep they are nested.
 */
export function constantBoolean(t: Tokens, from: number, to: number): boolean | null | undefined {
  let inverted = false;
  let i = from;
  for (; i < to; i++) {
    const value = t.values[i];
    if (value === 'not') inverted = !inverted;
    else if (value === 'cast' && t.values[i + 1] === '(') i++;
    else if (value !== '(') break;
  }
  const literal = isTypedString(t, i) ? afterName(t, i) : i;
  const truth = truthOf(t, literal);
  if (truth === undefined || !onlyCasts(t, afterLiteral(t, literal), to)) return undefined;
  return truth === null ? null : truth !== inverted;
}

/** `boolean 'f'`, a cast by a type's name in front of the string. */
function isTypedString(t: Tokens, i: number): boolean {
  return isName(t.values[i]) && t.values[afterName(t, i)] === "'";
}

function isSigned(t: Tokens, i: number): boolean {
  return (t.values[i] === '-' || t.values[i] === '+') && t.values[i + 1] === '0';
}

function afterLiteral(t: Tokens, i: number): number {
  return isSigned(t, i) ? i + 2 : i + 1;
}

function truthOf(t: Tokens, i: number): boolean | null | undefined {
  const value = t.values[i];
  if (value === 'true') return true;
  if (value === 'false') return false;
  if (value === 'null') return null;
  if (value === "'") return truthOfText(stringValue(t.sql, t.starts[i] as number, t.ends[i] as number));
  const at = isSigned(t, i) ? i + 1 : i;
  return t.values[at] === '0' ? truthOfText(t.sql.slice(t.starts[at], t.ends[at])) : undefined;
}

/** The truth of a text that is cast to Boolean: any beginning of true, false, yes and no, on, off, or a number. */
export function truthOfText(text: string | undefined): boolean | undefined {
  const word = text?.trim().toLowerCase();
  if (word === undefined || word === '') return undefined;
  if (word === 'on' || 'true'.startsWith(word) || 'yes'.startsWith(word)) return true;
  if (word === 'of' || word === 'off' || 'false'.startsWith(word) || 'no'.startsWith(word)) return false;
  const value = Number(word.replaceAll('_', ''));
  return Number.isNaN(value) ? undefined : value !== 0;
}

function onlyCasts(t: Tokens, from: number, to: number): boolean {
  for (let i = from; i < to; ) {
    const value = t.values[i];
    if (value === ')') i++;
    else if (value === '::' || value === 'as') i = afterType(t, i + 1);
    else return false;
  }
  return true;
}

function afterType(t: Tokens, i: number): number {
  let end = afterName(t, i);
  if (t.values[end] === 'varying' || t.values[end] === 'precision') end++;
  const hasLength = t.values[end] === '(' && t.values[end + 1] === '0' && t.values[end + 2] === ')';
  return hasLength ? end + 3 : end;
}
