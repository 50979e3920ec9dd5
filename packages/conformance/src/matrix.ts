import { cases, type Result } from './conformance.ts';
import type { Side } from './subject.ts';
import type { Verdict } from './verdict.ts';

const worstFirst: readonly Verdict[] = ['crash', 'wrong answer', 'leak', 'hang', 'error', 'refused', 'ok'];

/**
 * Two lines per stack: in how many cases the bare library breaks through each pooler, and what poolsafe makes
 * of the same cases. Markdown.
 *
 * ```ts
 * console.log(summary(results))
 * ```
 */
export function summary(results: readonly Result[]): string {
  const poolers = distinct(results.map(({ pooler }) => pooler));
  const rows = distinct(results.map(({ subject }) => subject)).flatMap((subject) => {
    const cells = (side: Side) =>
      poolers.map((pooler) =>
        tally(
          results.filter((row) => row.subject === subject && row.pooler === pooler),
          side,
        ),
      );
    return [
      [subject, ...cells('bare')],
      [`**with poolsafe**`, ...cells('safe')],
    ];
  });
  return table(['', ...poolers.map(titleOf)], rows);
}

/**
 * One line per case: what a stack does through each pooler, bare → poolsafe. Markdown.
 *
 * ```ts
 * console.log(matrix(results, 'pg'))
 * ```
 */
export function matrix(results: readonly Result[], subject: string): string {
  const own = results.filter((result) => result.subject === subject);
  const poolers = distinct(own.map(({ pooler }) => pooler));
  const rows = cases.map(({ id, title }) => {
    const cells = poolers.map((pooler) => {
      const bare = own.find(
        (result) => result.case === id && result.pooler === pooler && result.side === 'bare',
      );
      const safe = own.find(
        (result) => result.case === id && result.pooler === pooler && result.side === 'safe',
      );
      return bare && safe ? `${cell(bare.verdict)} → ${safe.verdict}` : 'not applicable';
    });
    return [title, ...cells];
  });
  return table([subject, ...poolers.map(titleOf)], rows);
}

function tally(results: readonly Result[], side: Side): string {
  const own = results.filter((result) => result.side === side);
  const counted = worstFirst
    .map((verdict) => ({ verdict, n: own.filter((result) => result.verdict === verdict).length }))
    .filter(({ n }) => n > 0);
  const broken = own.filter(({ verdict }) => verdict !== 'ok' && verdict !== 'refused').length;
  return `**${broken} of ${own.length} break**: ${counted.map(({ verdict, n }) => `${n} ${verdict}`).join(', ')}`;
}

const cell = (verdict: Verdict): string => (verdict === 'ok' ? verdict : `**${verdict}**`);

const titles: Readonly<Record<string, string>> = {
  '1.18': 'PgBouncer 1.18',
  '1.24off': '1.24, tracking off',
  '1.24': '1.24',
  latest: 'latest (Debian sid)',
};

const titleOf = (pooler: string): string => titles[pooler] ?? pooler;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
