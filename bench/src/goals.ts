import type { Spread } from './pairs.ts';
import { operations } from './stacks/operations.ts';
import type { StackResult } from './stacks.ts';
import { table } from './table.ts';
import type { TransactionResult } from './transactions.ts';

/** What was aimed at, and the result that is farthest from it. */
interface Goal {
  readonly aim: string;
  readonly least?: number;
  readonly most?: number;
  readonly of: readonly StackResult[];
  readonly number: (result: StackResult) => Spread | undefined;
}

const overPg: ReadonlySet<string> = new Set(['Drizzle (pg)', 'Kysely (pg)', 'Prisma', 'TypeORM']);

function goalsOf(results: readonly StackResult[]): readonly Goal[] {
  const at = (...kinds: StackResult['kind'][]) => results.filter(({ kind }) => kinds.includes(kind));
  const tracking = (stacks: ReadonlySet<string>, operation: StackResult['operation']) =>
    at('tracking').filter((result) => stacks.has(result.stack) && result.operation === operation);
  const rate = ({ ratio }: StackResult) => ratio;
  const [pg, join] = [new Set(['pg']), tracking(overPg, 'join')];
  return [
    { aim: 'classic: throughput of bare', least: 0.97, of: at('classic'), number: rate },
    { aim: 'direct: throughput of bare', least: 0.97, of: at('direct'), number: rate },
    { aim: 'tracking, pg, primary-key select', least: 1.4, of: tracking(pg, 'select'), number: rate },
    { aim: 'tracking, pg, four-way join', least: 1.8, of: tracking(pg, 'join'), number: rate },
    { aim: 'tracking, ORMs over pg, four-way join', least: 1.3, of: join, number: rate },
    {
      aim: 'tracking, ORMs over pg, CPU time of PostgreSQL for a join',
      most: 0.6,
      of: join,
      number: ({ backendsRatio }) => backendsRatio,
    },
    {
      aim: 'pg: throughput of names given by hand',
      least: 0.95,
      of: results,
      number: ({ toNamed }) => toNamed,
    },
  ];
}

/** Which aims were met, and each median that missed one. */
export function showGoals(
  results: readonly StackResult[],
  transactions: readonly TransactionResult[],
): string {
  const missed: string[] = [];
  const rows = goalsOf(results).map(({ aim, least, most, of, number }) => {
    const sign = least === undefined ? -1 : 1;
    const bound = least ?? most ?? 0;
    const found = of
      .flatMap((result) => {
        const spread = number(result);
        return spread === undefined ? [] : [{ result, median: spread[1] }];
      })
      .sort((a, b) => sign * (a.median - b.median));
    const short = found.filter(({ median }) => sign * (median - bound) < 0);
    missed.push(...short.map(({ result, median }) => `- ${aim}: ${median.toFixed(2)}, ${nameOf(result)}`));
    const worst = found[0] && `${found[0].median.toFixed(2)}, ${nameOf(found[0].result)}`;
    const verdict = found.length === 0 ? 'not measured' : `${found.length - short.length} of ${found.length}`;
    return [aim, `${sign === 1 ? 'at least' : 'at most'} ${bound}`, verdict, worst ?? '–'];
  });
  rows.push(...transactionGoals(transactions));
  const all = table(['Aim', '', 'met by', 'farthest from it'], rows);
  return missed.length === 0 ? all : `${all}\n\nMedians that miss an aim:\n\n${missed.join('\n')}`;
}

/** At 2 ms, where round trips count. */
function transactionGoals(transactions: readonly TransactionResult[]): string[][] {
  const far = transactions.filter(({ delay }) => delay > 0);
  const aims = [
    { what: 'transaction of one select', least: 1.4 },
    { what: 'a read with a tenant set for row-level security', least: 4 },
  ];
  return aims.map(({ what, least }) => {
    const found = far.filter((result) => result.what === what).sort((a, b) => a.ratio[1] - b.ratio[1]);
    const met = found.filter(({ ratio }) => ratio[1] >= least).length;
    const worst = found[0] && `${found[0].ratio[1].toFixed(2)}, ${found[0].stack}`;
    return [`2 ms away, ${what}`, `at least ${least}`, `${met} of ${found.length}`, worst ?? '–'];
  });
}

function nameOf({ stack, operation, kind }: StackResult): string {
  return `${stack}, ${operations[operation]}, ${kind}`;
}
