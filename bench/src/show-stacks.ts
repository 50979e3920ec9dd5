import { type Operation, operations } from './stacks/operations.ts';
import { clients, type Figures, type StackResult } from './stacks.ts';
import { amount, shown, table } from './table.ts';

/** The tables, one for each target and operation. */
export function showStacks(results: readonly StackResult[], pairs: number): string {
  const targets = [...new Set(results.map(({ target }) => target))];
  const gone = results.reduce((sum, result) => sum + result.gone, 0);
  const head = `${clients} clients, ${pairs} rounds in turn; bare → poolsafe. Operations per second and CPU time for each operation (µs) are medians; ratios are poolsafe / bare: median (least to most).`;
  const sections = targets.flatMap((target) => {
    const here = results.filter((result) => result.target === target);
    const of = (operation: Operation) => here.filter((result) => result.operation === operation);
    const tables = (Object.keys(operations) as Operation[]).map((operation) => {
      return `#### ${operations[operation]}\n\n${operationTable(of(operation))}`;
    });
    return [`### ${target}`, ...tables];
  });
  const lost =
    gone === 0
      ? []
      : [`${gone} processes of PostgreSQL ended in a measurement: what they used is not in its CPU time.`];
  return [head, ...lost, ...sections, '### The limit: names given by hand', limits(results)].join('\n\n');
}

function operationTable(results: readonly StackResult[]): string {
  const hasPooler = results.some(({ sides }) => sides.bare?.pooler !== undefined);
  const rows = results.map(({ stack, sides, ratio, backendsRatio }) => [
    stack,
    both(sides, ({ rate }) => rate),
    shown(ratio),
    both(sides, ({ backends }) => backends),
    shown(backendsRatio),
    ...(hasPooler ? [both(sides, ({ pooler }) => pooler)] : []),
    both(sides, ({ client }) => client),
  ]);
  const pooler = hasPooler ? ['PgBouncer µs'] : [];
  const head = ['Stack', 'operations /s', 'ratio', 'PostgreSQL µs', 'ratio', ...pooler, 'client µs'];
  return table(head, rows);
}

/** bare → poolsafe */
function both(
  { bare, poolsafe }: StackResult['sides'],
  of: (figures: Figures) => number | undefined,
): string {
  return `${amount(bare && of(bare))} → ${amount(poolsafe && of(poolsafe))}`;
}

function limits(results: readonly StackResult[]): string {
  const rows = results.flatMap(({ target, operation, sides: { bare, poolsafe, named }, toNamed }) => {
    if (named === undefined) return [];
    const rates = [bare, poolsafe, named].map((figures) => amount(figures?.rate));
    const times = [bare, poolsafe, named].map((figures) => amount(figures?.backends));
    return [[target, operations[operation], rates.join(' → '), shown(toNamed), times.join(' → ')]];
  });
  const sides = 'bare → poolsafe → named';
  const text =
    '`pg` with names that the application gives (`{ name, text, values }`), in the same rounds as `pg` above.';
  return `${text}\n\n${table(['Target', 'Operation', `${sides} /s`, 'poolsafe / named', `PostgreSQL µs, ${sides}`], rows)}`;
}
