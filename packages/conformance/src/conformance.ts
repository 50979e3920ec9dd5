import type { Case } from './case.ts';
import { lifecycleCases } from './cases/lifecycle.ts';
import { sessionCases } from './cases/session.ts';
import { startupCases } from './cases/startup.ts';
import { statementCases } from './cases/statements.ts';
import { transactionCases } from './cases/transactions.ts';
import { runCase } from './run-case.ts';
import type { PoolerUnderTest, Servers } from './site.ts';
import type { Side, Subject } from './subject.ts';
import type { Outcome, Verdict } from './verdict.ts';

/** All cases, in the order of the matrix. */
export const cases: readonly Case[] = [
  ...statementCases,
  ...sessionCases,
  ...transactionCases,
  ...startupCases,
  ...lifecycleCases,
];

/** What one run was declared to show, and what it showed. */
export interface Result extends Outcome {
  readonly subject: string;
  readonly pooler: string;
  readonly case: string;
  readonly side: Side;
  readonly declared: Verdict;
}

/** What {@link conformance} needs. */
export interface ConformanceOptions {
  /** The `test` of vitest, node:test, jest or any other runner that takes a name and an async function. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  readonly subject: Subject;
  readonly servers: Servers;
  /** Default: all. */
  readonly cases?: readonly Case[];
}

/**
 * Registers a test for each case, pooler and side of a subject. A test passes when the verdict is the declared
 * one: the bare library must break where it is said to break, and poolsafe must hold.
 *
 * ```ts
 * import { test } from 'vitest'
 *
 * const results = conformance({ test, subject, servers })
 * ```
 *
 * Returns the list that fills while the tests run.
 */
export function conformance({ test, subject, servers, cases: chosen = cases }: ConformanceOptions): Result[] {
  if (servers.poolers.length === 0)
    throw new Error('There is no pooler to run the conformance suite against.');
  const results: Result[] = [];
  for (const pooler of servers.poolers) {
    for (const one of chosen.filter(({ needs }) => needs.every((need) => subject.supports[need]))) {
      for (const side of ['bare', 'safe'] as const) {
        test(`${subject.name} | ${pooler.name} | ${one.title} | ${side}`, async () => {
          const declared = declaredFor(one, subject, side, pooler);
          const outcome = await runCase({ one, subject, side, pooler }, servers);
          results.push({
            subject: subject.name,
            pooler: pooler.name,
            case: one.id,
            side,
            declared,
            ...outcome,
          });
          assertDeclared(declared, outcome);
        });
      }
    }
  }
  return results;
}

function declaredFor(one: Case, subject: Subject, side: Side, pooler: PoolerUnderTest): Verdict {
  const own = side === 'bare' ? subject.bareVerdicts?.[one.id] : undefined;
  return typeof own === 'string' ? own : (own ?? one[side])(pooler);
}

function assertDeclared(declared: Verdict, { verdict, detail }: Outcome): void {
  if (verdict === declared) return;
  throw new Error(`declared "${declared}", seen "${verdict}"${detail === '' ? '' : `: ${detail}`}`);
}
