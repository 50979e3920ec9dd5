import { stripVTControlCharacters } from 'node:util';

const ESCAPE = '\u001b';

/**
 * What stands in a line of a log: without colours, and where a line is JSON, the lines that were put into one of its
 * strings.
 */
export function textsOf(line: string): readonly string[] {
  const plain = line.includes(ESCAPE) ? stripVTControlCharacters(line) : line;
  if (!plain.includes('\\')) return [plain];
  // Only at the first of a row of backslashes: a line may have nothing else.
  return plain
    .replace(/(?<!\\)\\+(?:r\\+)?n/g, '\n')
    .replace(/(?<!\\)\\+"/g, '"')
    .split('\n');
}

const sqlstate =
  /SQLSTATE\W{0,3}([0-9A-Z]{5})\b|["']?(?:code|sqlState|sqlstate|pgcode)["']?: ?["'`]([0-9A-Z]{5})["'`]|Code: `([0-9A-Z]{5})`/;

/** The SQLSTATE that a text names. */
export function sqlstateIn(text: string): string | undefined {
  return sqlstate
    .exec(text)
    ?.slice(1)
    .find((code) => code !== undefined);
}

const time = /^\W?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[+-]\d\d:?\d\d| UTC)?)/;

/** The time that a line of a log begins with. */
export function timeOf(line: string): string | undefined {
  return time.exec(line)?.[1];
}

// The name of an error's class, as drivers and what wraps them print it, and the severity.
const introduction =
  /(?:((?:\w+(?:\.|::))*[A-Z]\w*(?:Error|Exception|[a-z]Name|Statement|Expired|Bad|Timeout))(?:'>)?[:)]{1,2} +)?(?:(error|ERROR|FATAL|WARNING|PANIC): +)?$/;

/**
 * The part of a text that an error is known by, with the name of its class, and nothing else of the text: that may
 * hold the values of parameters.
 */
export function evidenceIn(text: string, known: RegExp): string {
  const found = known.exec(text);
  if (found === null) return '';
  const before = text.slice(Math.max(0, found.index - 200), found.index);
  const names = introduction.exec(before)?.slice(1) ?? [];
  return redact([...names, found[0]].filter((part) => part !== undefined).join(': '));
}

/**
 * A text without the passwords of URLs and connection strings, and with names only as long as PostgreSQL has them.
 *
 * ```ts
 * redact('postgres://app:s3cret@db/shop') // 'postgres://app:***@db/shop'
 * ```
 */
export function redact(text: string): string {
  return text
    .replace(/(:\/\/[^:/?#\s@]*):\S*@/g, '$1:***@')
    .replace(
      /\b(\w*(?:password|passwd|pwd|secret|token)\w*["']?\s*[=:]\s*)(?:"[^"]*"|'[^']*'|[^\s,;&]+)/gi,
      '$1***',
    )
    .replace(/"([^"]{63})[^"]*"/g, '"$1…"');
}
