import type { Spread } from './pairs.ts';
import { operations } from './stacks/operations.ts';
import type { StackResult } from './stacks.ts';
import { table } from './table.ts';
import { type TransactionResult, titles } from './transactions.ts';

/** What was aimed at, and the medians that it is about. */
interface Goal {
  readonly aim: string;
  readonly least?: number;
  readonly most?: number;
  readonly found: readonly Found[];
}

interface Found {
  readonly name: string;
  readonly median: number;
}

const overPg: ReadonlySet<string> = new Set(['Drizzle (pg)', 'Kysely (pg)', 'Prisma', 'TypeORM']);

function goalsOf(results: readonly StackResult[]): readonly Goal[] {
  const at = (...kinds: StackResult['kind'][]) => results.filter(({ kind }) => kinds.includes(kind));
  const tracking = (stacks: ReadonlySet<string>, operation: StackResult['operation']) =>
    at('tracking').filter((result) => stacks.has(result.stack) && result.operation === operation);
  const rate = ({ ratio }: StackResult) => ratio;
  const [pg, join] = [new Set(['pg']), tracking(overPg, 'join')];
  return [
    { aim: 'classic: throughput of bare', least: 0.97, found: medians(at('classic'), rate) },
    { aim: 'direct: throughput of bare', least: 0.97, found: medians(at('direct'), rate) },
    {
      aim: 'tracking, pg, primary-key select',
      least: 1.4,
      found: medians(tracking(pg, 'select'), rate),
    },
    { aim: 'tracking, pg, four-way join', least: 1.8, found: medians(tracking(pg, 'join'), rate) },
    { aim: 'tracking, ORMs over pg, four-way join', least: 1.3, found: medians(join, rate) },
    {
      aim: 'tracking, ORMs over pg, CPU time of PostgreSQL for a join',
      most: 0.6,
      found: medians(join, ({ backendsRatio }) => backendsRatio),
    },
    {
      aim: 'pg: throughput of names given by hand',
      least: 0.95,
      found: medians(results, ({ toNamed }) => toNamed),
    },
  ];
}

/** At 2 ms, where round trips count. */
function transactionGoalsOf(results: readonly TransactionResult[]): readonly Goal[] {
  const far = (title: string) =>
    results
      .filter(({ delay, what }) => delay > 0 && what === title)
      .map(({ stack, ratio }) => ({ name: stack, median: ratio[1] }));
  return [
    { aim: `2 ms away, ${titles.transaction}`, least: 1.4, found: far(titles.transaction) },
    { aim: `2 ms away, ${titles.tenant}`, least: 4, found: far(titles.tenant) },
  ];
}

/** Which aims were met, and each median that missed one. */
export function showGoals(
  results: readonly StackResult[],
  transactions: readonly TransactionResult[],
): string {
  const missed: string[] = [];
  const goals = [...goalsOf(results), ...transactionGoalsOf(transactions)];
  const rows = goals.map(({ aim, least, most, found }) => {
    const sign = least === undefined ? -1 : 1;
    const bound = least ?? most ?? 0;
    const sorted = found.toSorted((a, b) => sign * (a.median - b.median));
    const short = sorted.filter(({ median }) => sign * (median - bound) < 0);
    missed.push(...short.map((one) => `- ${aim}: ${shown(one)}`));
    const verdict = found.length === 0 ? 'not measured' : `${found.length - short.length} of ${found.length}`;
    return [
      aim,
      `${sign === 1 ? 'at least' : 'at most'} ${bound}`,
      verdict,
      sorted[0] ? shown(sorted[0]) : '–',
    ];
  });
  const all = table(['Aim', '', 'met by', 'farthest from it'], rows);
  return missed.length === 0 ? all : `${all}\n\nMedians that miss an aim:\n\n${missed.join('\n')}`;
}

/** Those of the results that have the number. */
function medians(
  results: readonly StackResult[],
  number: (result: StackResult) => Spread | undefined,
): readonly Found[] {
  return results.flatMap((result) => {
    const spread = number(result);
    return spread === undefined ? [] : [{ name: nameOf(result), median: spread[1] }];
  });
}

function shown({ name, median }: Found): string {
  return `${median.toFixed(2)}, ${name}`;
}

function nameOf({ stack, operation, kind }: StackResult): string {
  return `${stack}, ${operations[operation]}, ${kind}`;
}
