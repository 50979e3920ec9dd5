/** What poolsafe costs, from pairs of bare and poolsafe taken in turn. Absolute numbers are this machine's. */
export interface Ratio {
  readonly what: string;
  /** Statements per second, medians. */
  readonly bare: number;
  readonly poolsafe: number;
  /** poolsafe / bare of each pair: least, median, most. */
  readonly ratio: readonly [number, number, number];
  /** The CPU time that this process spends, in the same way: less depends on who else is at work. */
  readonly cpuRatio: readonly [number, number, number];
}

/** What one measurement gives: statements per second, and CPU time of this process in microseconds. */
export interface Measured {
  readonly rate: number;
  readonly cpu: number;
}

type Measure = () => Promise<Measured>;

/** Measures both in turn, `pairs` times, each first in every other pair; one more pair before warms both up. */
export async function compare(what: string, pairs: number, bare: Measure, safe: Measure): Promise<Ratio> {
  await bare();
  await safe();
  const runs: { bare: Measured; safe: Measured }[] = [];
  for (let i = 0; i < pairs; i += 1) {
    const first = await (i % 2 === 0 ? bare() : safe());
    const second = await (i % 2 === 0 ? safe() : bare());
    runs.push(i % 2 === 0 ? { bare: first, safe: second } : { bare: second, safe: first });
  }
  return {
    what,
    bare: median(runs.map((run) => run.bare.rate)),
    poolsafe: median(runs.map((run) => run.safe.rate)),
    ratio: spread(runs.map((run) => run.safe.rate / run.bare.rate)),
    cpuRatio: spread(runs.map((run) => run.safe.cpu / run.bare.cpu)),
  };
}

function spread(numbers: readonly number[]): [number, number, number] {
  return [Math.min(...numbers), median(numbers), Math.max(...numbers)];
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
