/** Least, median, most. */
export type Spread = readonly [least: number, median: number, most: number];

/** What poolsafe costs, from pairs of bare and poolsafe taken in turn. Absolute numbers are this machine's. */
export interface Ratio {
  readonly what: string;
  /** Statements per second, medians. */
  readonly bare: number;
  readonly poolsafe: number;
  /** poolsafe / bare of each pair. */
  readonly ratio: Spread;
  /** The CPU time that this process spends, in the same way: less depends on who else is at work. */
  readonly cpuRatio: Spread;
}

/** What one measurement gives: statements per second, and CPU time of this process in microseconds per statement. */
export interface Measured {
  readonly rate: number;
  readonly cpu: number;
}

type Measure<T> = () => Promise<T>;

/** Measures both in turn, `pairs` times. */
export async function compare(
  what: string,
  pairs: number,
  bare: Measure<Measured>,
  safe: Measure<Measured>,
): Promise<Ratio> {
  const [bares, safes] = (await takeTurns(pairs, [bare, safe])) as [Measured[], Measured[]];
  return {
    what,
    bare: median(bares.map(({ rate }) => rate)),
    poolsafe: median(safes.map(({ rate }) => rate)),
    ratio: ratios(safes, bares, ({ rate }) => rate),
    cpuRatio: ratios(safes, bares, ({ cpu }) => cpu),
  };
}

/**
 * Measures each in turn, `rounds` times, in another order each time; two more rounds before warm all of them up.
 * Gives what each has measured.
 */
export async function takeTurns<T>(rounds: number, measures: readonly Measure<T>[]): Promise<T[][]> {
  for (const measure of [...measures, ...measures]) await measure();
  const measured = measures.map((): T[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (let n = 0; n < measures.length; n += 1) {
      const turn = (n + round) % measures.length;
      const measure = measures[turn] as Measure<T>;
      measured[turn]?.push(await measure());
    }
  }
  return measured;
}

/** The ratios of what was measured in the same round. */
export function ratios<T>(of: readonly T[], to: readonly T[], number: (measured: T) => number): Spread {
  return spread(of.map((measured, round) => number(measured) / number(to[round] as T)));
}

export function spread(numbers: readonly number[]): Spread {
  return [Math.min(...numbers), median(numbers), Math.max(...numbers)];
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
