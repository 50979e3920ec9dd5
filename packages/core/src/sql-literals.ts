const tab = 9;
const newline = 10;
const carriageReturn = 13;
const space = 32;
const quote = 39;
const minus = 45;
const backslash = 92;

/** The index after the closing quote of a literal or identifier without backslash escapes; `i` is inside it. */
export function skipQuoted(sql: string, i: number, mark: "'" | '"'): number {
  let end = sql.indexOf(mark, i);
  while (end !== -1 && sql[end + 1] === mark) end = sql.indexOf(mark, end + 2);
  return end === -1 ? sql.length : end + 1;
}

function skipEscaped(sql: string, i: number): number {
  for (let k = i; k < sql.length; k++) {
    const c = sql.charCodeAt(k);
    if (c === backslash) k++;
    else if (c === quote) {
      if (sql.charCodeAt(k + 1) !== quote) return k + 1;
      k++;
    }
  }
  return sql.length;
}

/** Where the text of the next segment starts when a literal that ended at `i` goes on after a line break, else -1. */
function continued(sql: string, i: number): number {
  let lines = 0;
  for (let k = i; k < sql.length; k++) {
    const c = sql.charCodeAt(k);
    if (c === newline || c === carriageReturn) lines++;
    else if (c === minus && sql.charCodeAt(k + 1) === minus) k = lineEnd(sql, k) - 1;
    else if (c === quote) return lines === 0 ? -1 : k + 1;
    else if (c !== space && (c < tab || c > carriageReturn)) return -1;
  }
  return -1;
}

/** The index of the line break that ends a `--` comment. */
export function lineEnd(sql: string, i: number): number {
  for (let k = i; k < sql.length; k++) {
    const c = sql.charCodeAt(k);
    if (c === newline || c === carriageReturn) return k;
  }
  return sql.length;
}

/** The index after a quoted string; `i` is the index after its opening quote. */
export function skipString(sql: string, i: number, escaped: boolean): number {
  let end = i;
  for (let next = i; next !== -1; next = continued(sql, end)) {
    end = escaped ? skipEscaped(sql, next) : skipQuoted(sql, next, "'");
  }
  return end;
}

const dollarTag = /\$(?:[a-z_\u0080-\uffff][a-z0-9_\u0080-\uffff]*)?\$/iy;

/** The index after a dollar-quoted string that starts at `i`, or -1 where none starts. */
export function skipDollarQuoted(sql: string, i: number): number {
  dollarTag.lastIndex = i;
  const tag = dollarTag.exec(sql)?.[0];
  if (tag === undefined) return -1;
  const end = sql.indexOf(tag, i + tag.length);
  return end === -1 ? sql.length : end + tag.length;
}

/** Resolves `\XXXX`, `\+XXXXXX` and doubled escape characters, as in `U&"…" UESCAPE '…'`. */
export function decodeUnicode(body: string, mark: string): string {
  const parts = body.split(mark + mark).map((part) => {
    const [head = '', ...escaped] = part.split(mark);
    return head + escaped.map((piece) => piece.replace(unicodeEscape, codePoint)).join('');
  });
  return parts.join(mark);
}

const unicodeEscape = /^(?:\+([0-9a-f]{6})|([0-9a-f]{4}))/i;

function codePoint(_match: string, six: string | undefined, four: string | undefined): string {
  const code = Number.parseInt(six ?? four ?? '', 16);
  return code > 0x10ffff ? '' : String.fromCodePoint(code);
}

function decodeBackslash(body: string): string {
  const escapes: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
  const forms = /\\(?:([0-7]{1,3})|x([0-9a-f]{1,2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([\s\S]))/gi;
  return body.replace(
    forms,
    (_match, octal?: string, x?: string, u?: string, long?: string, other?: string) => {
      if (other !== undefined) return escapes[other] ?? other;
      const hex = x ?? u ?? long ?? '';
      return codePoint('', octal === undefined ? hex : Number.parseInt(octal, 8).toString(16), undefined);
    },
  );
}

/** The value of the string literal in `sql` from `start` to `end`; `undefined` for a bit string. */
export function stringValue(sql: string, start: number, end: number): string | undefined {
  const open = sql[start] === '$' ? -1 : sql.indexOf("'", start);
  if (open === -1) return sql.slice(sql.indexOf('$', start + 1) + 1, sql.lastIndexOf('$', end - 2));
  const prefix = sql.slice(start, open).toLowerCase();
  if (prefix === 'b' || prefix === 'x') return undefined;
  let body = '';
  let close = open;
  for (let next = open + 1; next !== -1; next = continued(sql, close)) {
    close = prefix === 'e' ? skipEscaped(sql, next) : skipQuoted(sql, next, "'");
    body += sql.slice(next, close - 1);
  }
  const text = body.replaceAll("''", "'");
  if (prefix === 'e') return decodeBackslash(text);
  // A string that reaches further than its closing quote carries a UESCAPE clause.
  return prefix === 'u&' ? decodeUnicode(text, close < end ? (sql[end - 2] ?? '\\') : '\\') : text;
}
