import type { Cost } from './cost.ts';
import { table } from './table.ts';

/** How far a size may be from the one on the page, in kilobytes: versions of zlib differ. */
const tolerance = 0.1;

const heads = {
  costs: ['import', 'kB', 'later kB', 'at most kB', 'own ms', 'at most ms'],
  parts: ['part of `@poolsafe/core`', 'kB'],
};

interface Rest {
  readonly parts: readonly (readonly [part: string, bytes: number])[];
  readonly machine: string;
}

/** The page with its tables made anew. */
export function sizesPage(before: string, costs: readonly Cost[], { parts, machine }: Rest): string {
  const rows = costs.map(({ name, initial, lazy, ms, budget }) => [
    `\`${name}\``,
    kB(initial),
    lazy === 0 ? '' : kB(lazy),
    String(budget.kB),
    ms.toFixed(1),
    String(budget.ms),
  ]);
  const tables: Readonly<Record<string, string>> = {
    costs: `${table(heads.costs, rows, '---:')}\n\nTimes: ${machine}.`,
    parts: table(
      heads.parts,
      parts.map(([part, bytes]) => [part, kB(bytes)]),
      '---:',
    ),
  };
  return before.replace(
    /<!-- (\w+) -->\n[\s\S]*?<!-- \/\1 -->/g,
    (_, name: string) => `<!-- ${name} -->\n\n${tables[name]}\n\n<!-- /${name} -->`,
  );
}

/** What of the sizes on a page is not so any more. */
export function differences(before: string, after: string): readonly string[] {
  const [written, measured] = [sizesIn(before), sizesIn(after)];
  const names = new Set([...written.keys(), ...measured.keys()]);
  return [...names]
    .filter((name) => !isSame(written.get(name), measured.get(name)))
    .map((name) => `docs/sizes.md is out of date about ${name}; to write it anew: npx -y pnpm@12 sizes`);
}

/** The sizes of each row: two columns in the first table, one in the second. */
function sizesIn(page: string): ReadonlyMap<string, readonly number[]> {
  const rows = page.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  return new Map(
    rows.flatMap(([, name = '', ...cells]) =>
      /^\d/.test(cells[0] ?? '')
        ? [[name, cells.slice(0, cells.length > 2 ? 3 : 1).map(Number)] as const]
        : [],
    ),
  );
}

function isSame(one: readonly number[] = [], other: readonly number[] = []): boolean {
  return (
    one.length === other.length && one.every((size, i) => Math.abs(size - (other[i] ?? 0)) < tolerance + 0.01)
  );
}

function kB(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}
