import type { Spread } from './pairs.ts';

/** A table in Markdown, as it is printed too: numbers to the right, all else to the left. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = head.map((_, n) => {
    const cells = rows.map((row) => row[n] ?? '');
    const width = Math.max(...[head[n] ?? '', ...cells].map(({ length }) => length), 3);
    return { width, isNumber: cells.every((cell) => /^[\d–]/.test(cell)) };
  });
  const line = (cells: readonly string[]) => {
    const padded = columns.map(({ width, isNumber }, n) => {
      return isNumber ? cells[n]?.padStart(width) : cells[n]?.padEnd(width);
    });
    return `| ${padded.join(' | ')} |`;
  };
  const rule = columns.map(({ width, isNumber }) => `${'-'.repeat(width - 1)}${isNumber ? ':' : '-'}`);
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** `1.52 (1.43 to 1.60)` */
export function shown(spread: Spread | undefined): string {
  if (spread === undefined) return '–';
  const [least, middle, most] = spread.map((ratio) => ratio.toFixed(2));
  return `${middle} (${least} to ${most})`;
}

/** A number of microseconds or the like, with a sign where there is none. */
export function amount(value: number | undefined, digits = 0): string {
  return value === undefined ? '–' : value.toFixed(digits);
}
