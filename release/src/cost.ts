import type { Budget } from './budgets.ts';
import { entryPoints } from './entry-point.ts';
import { type EntrySize, importsOf, sizeOf } from './entry-size.ts';
import { importTime } from './import-time.ts';

/** What an entry point costs, and may cost. */
export interface Cost extends EntrySize {
  readonly name: string;
  readonly budget: Budget;
  /** Milliseconds. */
  readonly ms: number;
}

/** Measures the entry points of a package; each must have a budget. */
export async function measure(
  directory: string,
  budget: Readonly<Record<string, Budget>>,
  runs: number,
): Promise<readonly Cost[]> {
  const entries = entryPoints(directory);
  const [keys, budgeted] = [[...entries.keys()].sort(), Object.keys(budget).sort()];
  if (keys.join() !== budgeted.join()) {
    throw new Error(
      `packages/${directory} exports ${keys.join(', ')}; a budget have ${budgeted.join(', ')}.`,
    );
  }
  const costs: Cost[] = [];
  for (const [key, entry] of entries) {
    const own = budget[key] as Budget;
    const ms = importTime(entry, await importsOf(entry), { runs, enough: own.ms });
    costs.push({ name: entry.name, budget: own, ...(await sizeOf(entry)), ms });
  }
  return costs;
}

/** Whether it costs more than it may. */
export function isOver({ initial, ms, budget }: Cost): boolean {
  return initial > budget.kB * 1000 || ms > budget.ms;
}
