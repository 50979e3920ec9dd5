import { expect, test } from 'vitest';
import type { Database, Route } from './database.ts';

/** Code over either library, and what came of it. */
export type Step<TLib> = (lib: TLib, route: Route) => Promise<unknown>;

interface Libraries<TLib> {
  readonly bare: TLib;
  readonly guarded: TLib;
  readonly database: Database;
  /** Where the drop-in is used. Without them: over every route of the database, poolsafe not being told anything. */
  readonly routes?: readonly Route[];
}

interface Comparison<TLib> {
  /** A test: the step with the bare library, directly, and with the drop-in over every route, comes to the same. */
  readonly same: (title: string, step: Step<TLib>) => void;
  /** A test for each step. `without` names those that this version of the library cannot do. */
  readonly sameSteps: (steps: ReadonlyMap<string, Step<TLib>>, without?: readonly string[]) => void;
}

/** Compares two libraries that are imported in the same way. */
export function comparisonOf<TLib>({
  bare,
  guarded,
  database,
  routes = database.routes,
}: Libraries<TLib>): Comparison<TLib> {
  const same = (title: string, step: Step<TLib>) => {
    test(title, async () => {
      const expected = await step(bare, database.direct);
      for (const route of routes) expect(await step(guarded, route), route.name).toEqual(expected);
    });
  };
  return {
    same,
    sameSteps(steps, without = []) {
      const unknown = without.filter((title) => !steps.has(title));
      if (unknown.length > 0) throw new Error(`There is no step ${unknown.join(', ')}`);
      for (const [title, step] of steps) if (!without.includes(title)) same(title, step);
    },
  };
}
