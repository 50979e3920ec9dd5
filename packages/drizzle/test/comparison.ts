import { comparisonOf as comparisonOver } from '../../pg/test/comparing.ts';
import type { Database } from '../../pg/test/database.ts';
import { steps } from './steps.ts';

/** An application, with what it imports and where its database is. */
export type Step<TLib> = (lib: TLib, url: string) => Promise<unknown>;

/** A database over a client that it was given, or that it made. */
export interface WithClient {
  readonly $client: { end(): Promise<void> };
}

interface Comparison<TLib> {
  /** The same step with Drizzle itself, directly, and with the drop-in over every route. */
  readonly same: (title: string, step: Step<TLib>) => void;
  /** Each way to make a database with a schema, with everything that is done with one. */
  readonly sameSteps: (overloads: Readonly<Record<string, (lib: TLib, url: string) => WithClient>>) => void;
}

/** Compares two libraries that are imported in the same way. */
export function comparisonOf<TLib>(bare: TLib, guarded: TLib, database: Database): Comparison<TLib> {
  const comparison = comparisonOver({ bare, guarded, database });
  const same = (title: string, step: Step<TLib>) => comparison.same(title, (lib, { url }) => step(lib, url));
  return {
    same,
    sameSteps(overloads) {
      for (const [form, overload] of Object.entries(overloads)) {
        for (const [title, step] of steps) {
          same(`${form} | ${title}`, async (lib, url) => {
            const db = overload(lib, url);
            const result = await step(db);
            await db.$client.end();
            return result;
          });
        }
      }
    },
  };
}
