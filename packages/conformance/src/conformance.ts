import type { Case } from './case.ts';
import { lifecycleCases } from './cases/lifecycle.ts';
import { migrationCases } from './cases/migrations.ts';
import { pipeliningCases } from './cases/pipelining.ts';
import { preparedCases } from './cases/prepared.ts';
import { sessionCases } from './cases/session.ts';
import { startupCases } from './cases/startup.ts';
import { statementCases } from './cases/statements.ts';
import { streamCases } from './cases/streams.ts';
import { transactionCases } from './cases/transactions.ts';
import { valueCases } from './cases/values.ts';
import { runCase } from './run-case.ts';
import { directTarget, type Servers, type Target } from './site.ts';
import type { Side, Subject } from './subject.ts';
import type { Outcome, Verdict } from './verdict.ts';

/** All cases, in the order of the matrix. */
export const cases: readonly Case[] = [
  ...statementCases,
  ...preparedCases,
  ...pipeliningCases,
  ...valueCases,
  ...sessionCases,
  ...transactionCases,
  ...streamCases,
  ...migrationCases,
  ...startupCases,
  ...lifecycleCases,
];

/** The ids of the cases that are declared for some poolers only, by what their names begin with. */
const declaredOnly: Readonly<Record<string, readonly string[]>> = {
  // What else breaks behind it was not looked into.
  odyssey: [...statementCases, ...preparedCases].map(({ id }) => id),
};

/** Whether a case is declared for a pooler of this name. */
export function isDeclaredFor(id: string, pooler: string): boolean {
  const found = Object.entries(declaredOnly).find(([prefix]) => pooler.startsWith(prefix));
  return found === undefined || found[1].includes(id);
}

/** What one run was declared to show, and what it showed. */
export interface Result extends Outcome {
  readonly subject: string;
  /** The name of the pooler, or `direct`. */
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
  /** Names of poolers, and `direct` for PostgreSQL itself. Default: all of `servers`, and `direct`. */
  readonly targets?: readonly string[];
  /** Default: both. */
  readonly sides?: readonly Side[];
}

/**
 * Registers a test for each case, target and side of a subject. A test passes when the verdict is the declared
 * one: the bare library must break where it is said to break, and poolsafe must hold. The targets are the poolers,
 * and PostgreSQL without one.
 *
 * ```ts
 * import { test } from 'vitest'
 *
 * const results = conformance({ test, subject, servers })
 * ```
 *
 * Returns the list that fills while the tests run.
 *
 * @throws Error when there is no pooler, no target of a name that is asked for, or no case that a verdict of the
 * subject's is for
 */
export function conformance({ test, subject, servers, ...chosen }: ConformanceOptions): Result[] {
  const { cases: some = cases, sides = ['bare', 'safe'] } = chosen;
  assertKnown(
    Object.keys(subject.bareVerdicts ?? {}),
    [...cases, ...some].map(({ id }) => id),
    'case',
  );
  const results: Result[] = [];
  for (const pooler of targetsOf(servers, chosen.targets)) {
    for (const one of some.filter((candidate) => applies(candidate, subject, pooler))) {
      for (const side of sides) {
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

function targetsOf(servers: Servers, names: readonly string[] | undefined): readonly Target[] {
  if (servers.poolers.length === 0)
    throw new Error('There is no pooler to run the conformance suite against.');
  const targets = [...servers.poolers, ...(servers.others ?? []), directTarget(servers)];
  const known = targets.map(({ name }) => name);
  assertKnown(names ?? [], known, 'target');
  return targets.filter(({ name }) => (names ?? known).includes(name));
}

function applies(one: Case, subject: Subject, { name, row }: Target): boolean {
  if (!isDeclaredFor(one.id, name)) return false;
  if (row === 'direct' && one.needsPooler !== undefined) return false;
  return one.needs.every((need) => subject.supports[need]);
}

function declaredFor(one: Case, subject: Subject, side: Side, pooler: Target): Verdict {
  if (side === 'safe') return pooler.row === 'direct' ? 'ok' : one.safe(pooler);
  const own = subject.bareVerdicts?.[one.id];
  return typeof own === 'string' ? own : (own ?? one.bare)(pooler);
}

/** A name that nothing has would be passed over without a word. */
function assertKnown(names: readonly string[], known: readonly string[], what: string): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new Error(`There is no ${what} "${unknown}" in the conformance suite, only ${known.join(', ')}.`);
}

function assertDeclared(declared: Verdict, { verdict, detail }: Outcome): void {
  if (verdict === declared) return;
  throw new Error(`declared "${declared}", seen "${verdict}"${detail === '' ? '' : `: ${detail}`}`);
}
