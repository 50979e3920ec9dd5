import { cases, type Result } from './conformance.ts';
import type { Side } from './subject.ts';
import type { Verdict } from './verdict.ts';

const worstFirst: readonly Verdict[] = ['crash', 'wrong answer', 'leak', 'hang', 'error', 'refused', 'ok'];

/**
 * One line per stack and pooler: how many cases broke bare, and what they do with poolsafe. Markdown.
 *
 * ```ts
 * console.log(summary(results))
 * ```
 */
export function summary(results: readonly Result[]): string {
  const poolers = distinct(results.map(({ pooler }) => pooler));
  const rows = distinct(results.map(({ subject }) => subject)).map((subject) => [
    `**${subject}**`,
    ...poolers.map((pooler) => {
      const here = results.filter((result) => result.subject === subject && result.pooler === pooler);
      return `${tally(here, 'bare')} → ${tally(here, 'safe')}`;
    }),
  ]);
  return table(['bare → poolsafe', ...poolers.map(titleOf)], rows);
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
      const bare = own.find((result) => result.case === id && result.pooler === pooler && result.side === 'bare');
      const safe = own.find((result) => result.case === id && result.pooler === pooler && result.side === 'safe');
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
  return counted.map(({ verdict, n }) => `${n} ${verdict}`).join(', ');
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
