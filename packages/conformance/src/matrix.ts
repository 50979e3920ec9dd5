import { cases, isDeclaredFor, type Result } from './conformance.ts';
import type { Verdict } from './verdict.ts';

/**
 * One line per stack: in how many cases the bare library breaks through each pooler and without one, how many break
 * with poolsafe, of how many, and how many of those it refuses. Markdown.
 *
 * ```ts
 * console.log(summary(results))
 * ```
 */
export function summary(results: readonly Result[]): string {
  const poolers = distinct(results.map(({ pooler }) => pooler));
  const rows = distinct(results.map(({ subject }) => subject)).map((subject) => [
    subject,
    ...poolers.map((pooler) =>
      tally(results.filter((row) => row.subject === subject && row.pooler === pooler)),
    ),
  ]);
  return table(['cases that break, bare → poolsafe', ...poolers.map(titleOf)], rows);
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
      if (!isDeclaredFor(id, pooler)) return 'not run';
      return bare && safe ? `${cell(bare.verdict)} → ${safe.verdict}` : 'not applicable';
    });
    return [title, ...cells];
  });
  return table([subject, ...poolers.map(titleOf)], rows);
}

function tally(results: readonly Result[]): string {
  const [bare, safe] = (['bare', 'safe'] as const).map((side) => results.filter((row) => row.side === side));
  const refused = safe?.filter(({ verdict }) => verdict === 'refused').length ?? 0;
  const counts = `${broken(bare)} → ${broken(safe)} of ${safe?.length ?? 0}`;
  return refused === 0 ? counts : `${counts}, ${refused} refused`;
}

function broken(results: readonly Result[] = []): string {
  const count = results.filter(({ verdict }) => verdict !== 'ok' && verdict !== 'refused').length;
  return count === 0 ? '0' : `**${count}**`;
}

const cell = (verdict: Verdict): string => (verdict === 'ok' ? verdict : `**${verdict}**`);

const titles: Readonly<Record<string, string>> = {
  '1.18': 'PgBouncer 1.18',
  '1.24off': '1.24, tracking off',
  '1.24': '1.24',
  latest: 'latest (Debian sid)',
  odyssey: 'Odyssey 1.5, statements kept',
  'odyssey-off': 'Odyssey 1.5, not kept',
  direct: 'PostgreSQL, no pooler',
};

const titleOf = (pooler: string): string => titles[pooler] ?? pooler;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
