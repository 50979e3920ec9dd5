import { benchCapabilities, type Found, showCapabilities } from './capabilities.ts';
import { benchClassify, type Classified, showClassified } from './classify.ts';
import type { Ratio } from './pairs.ts';
import { benchPg, showPg } from './pg.ts';
import { benchPgBench, type PgBench, showPgBench } from './pgbench.ts';
import { benchProbe, type ProbeTime, showProbe } from './probe-time.ts';
import { benchRoundTrips, type RoundTrips, showRoundTrips } from './round-trips.ts';
import { benchSalt, type SaltResult, showSalt } from './salt.ts';
import { showStacks } from './show-stacks.ts';
import { benchStacks, type StackResults } from './stacks.ts';
import { benchTransactions, showTransactions, type TransactionResult } from './transactions.ts';

/** What each part measures. */
export interface Measured {
  readonly capabilities: readonly Found[];
  readonly 'round-trips': readonly RoundTrips[];
  readonly stacks: StackResults & { readonly pgbench: PgBench | undefined };
  readonly transactions: readonly TransactionResult[];
  readonly salt: { readonly processes: readonly SaltResult[]; readonly probe: readonly ProbeTime[] };
  readonly pg: readonly Ratio[];
  readonly classify: Classified;
}

/** The name of a part. */
export type PartName = keyof Measured;

/** Something that is measured by itself. */
export interface Part<T> {
  readonly title: string;
  /** Rounds when nobody asks for a number of them: so many that all parts together take less than 20 minutes. */
  readonly pairs: number;
  run(pairs: number): Promise<T>;
  /** In Markdown. */
  show(result: T, pairs: number): string;
}

/** All parts, by the name that `--only` has for them. */
export const parts: { readonly [Name in PartName]: Part<Measured[Name]> } = {
  capabilities: {
    title: 'What a pool finds on the other side',
    pairs: 1,
    run: benchCapabilities,
    show: showCapabilities,
  },
  'round-trips': {
    title: 'Round trips of an operation, bare → poolsafe',
    pairs: 1,
    run: benchRoundTrips,
    show: showRoundTrips,
  },
  stacks: {
    title: 'Libraries and ORMs',
    pairs: 7,
    run: async (pairs) => ({ ...(await benchStacks(pairs)), pgbench: await benchPgBench(3) }),
    show: ({ results, pgbench }, pairs) =>
      `${showStacks(results, pairs)}\n\n### The limit: pgbench\n\n${showPgBench(pgbench)}`,
  },
  transactions: {
    title: 'Transactions, and settings for row-level security',
    pairs: 7,
    run: benchTransactions,
    show: showTransactions,
  },
  salt: {
    title: 'What the schema in the text of a statement costs',
    pairs: 5,
    run: async (pairs) => ({ processes: await benchSalt(pairs), probe: await benchProbe() }),
    show: ({ processes, probe }) =>
      `${showSalt(processes)}\n\nThe query that looks at the schema, on the server:\n\n${showProbe(probe)}`,
  },
  pg: { title: 'pg on every target', pairs: 31, run: benchPg, show: showPg },
  classify: {
    title: 'Reading SQL',
    pairs: 31,
    run: async (rounds) => benchClassify(rounds),
    show: showClassified,
  },
};
