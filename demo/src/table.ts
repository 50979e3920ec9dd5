import type { Outcome } from '@poolsafe/conformance';
import Table from 'cli-table3';
import colors from 'picocolors';
import type { Cell } from './run.ts';

const known = /^(1\.\d+(off)?|latest)$/;

/** The cells as one table, stack and scenario by pooler, with what was seen below it. */
export function render(cells: readonly Cell[]): string {
  const poolers = distinct(cells.map(({ pooler }) => pooler));
  const table = new Table({
    head: ['bare → poolsafe', ...poolers.map((name) => (known.test(name) ? `PgBouncer ${name}` : name))],
    style: { head: [], border: [], compact: true },
  });
  for (const stack of distinct(cells.map((cell) => cell.stack))) {
    table.push([{ content: colors.bold(stack), colSpan: poolers.length + 1 }]);
    const own = cells.filter((cell) => cell.stack === stack);
    for (const scenario of distinct(own.map((cell) => cell.scenario))) {
      const row = poolers.map((pooler) =>
        own.find((cell) => cell.scenario === scenario && cell.pooler === pooler),
      );
      table.push([`  ${scenario}`, ...row.map((cell) => (cell === undefined ? '' : cellText(cell)))]);
    }
  }
  const star = cells.some(({ advice }) => advice?.verdict === 'ok')
    ? ['* and what the refusal advises was run as well: ok', '']
    : [];
  return [table.toString(), ...star, ...seen(cells)].join('\n');
}

function cellText({ bare, poolsafe, advice }: Cell): string {
  const mark =
    advice === undefined ? '' : advice.verdict === 'ok' ? '*' : ` (as advised: ${verdict(advice)})`;
  return `${verdict(bare)} → ${verdict(poolsafe)}${mark}`;
}

function verdict({ verdict: word }: Outcome): string {
  if (word === 'ok') return colors.green(word);
  return word === 'refused' ? colors.yellow(word) : colors.red(word);
}

/** Each distinct thing that was seen, once, with the poolers where it was. */
function seen(cells: readonly Cell[]): string[] {
  const places = new Map<string, string[]>();
  for (const { stack, pooler, bare, poolsafe, advice } of cells) {
    for (const [who, outcome] of [
      [stack, bare],
      [`${stack} with poolsafe`, poolsafe],
      [stack, advice],
    ] as const) {
      if (outcome === undefined || outcome.detail === '') continue;
      const what = `${outcome.verdict}  ${who}: ${outcome.detail}`;
      places.set(what, [...(places.get(what) ?? []), pooler]);
    }
  }
  return [...places].map(([what, where]) => `${what} (${where.join(', ')})`);
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
