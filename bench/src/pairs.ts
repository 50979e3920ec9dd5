/** What poolsafe costs, from pairs of bare and poolsafe taken in turn. Absolute numbers are this machine's. */
export interface Ratio {
  readonly what: string;
  /** Statements per second, medians. */
  readonly bare: number;
  readonly poolsafe: number;
  /** poolsafe / bare of each pair: least, median, most. */
  readonly ratio: readonly [number, number, number];
}

type Measure = () => Promise<number>;

/** Measures both in turn, `pairs` times; one more pair before warms both up. */
export async function compare(what: string, pairs: number, bare: Measure, safe: Measure): Promise<Ratio> {
  await bare();
  await safe();
  const runs: [number, number][] = [];
  for (let i = 0; i < pairs; i += 1) runs.push([await bare(), await safe()]);
  const ratios = runs.map(([a, b]) => b / a);
  return {
    what,
    bare: median(runs.map(([a]) => a)),
    poolsafe: median(runs.map(([, b]) => b)),
    ratio: [Math.min(...ratios), median(ratios), Math.max(...ratios)],
  };
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
