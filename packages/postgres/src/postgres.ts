import { classify, currentSettings, guard, isPlain, policyOf, SharedStatements } from '@poolsafe/core';
import driver from 'postgres';
import type { MakeDriver, Query } from './driver.ts';
import { driverError } from './errors-of-driver.ts';
import { type Handed, inItsScope, refusedAlone, refusedOnPool } from './in-force.ts';
import { Lease, type Rules } from './lease.ts';
import { parseArguments } from './options.ts';
import { Pool } from './pool.ts';
import { classesOf, textOf } from './query.ts';
import { sessionFunctions } from './session-functions.ts';
import { makeSql } from './sql.ts';
import { runCommand, runTransaction, type TransactionHost, type Work } from './transaction.ts';

/** Makes a guarded client of postgres.js. Its types are those of the exported function. */
export function guardedPostgres(first?: unknown, second?: unknown): unknown {
  const { base, plan, prepares, direct } = parseArguments(driver as unknown as MakeDriver, first, second);
  const { options } = base;
  const classes = classesOf(base);
  const shared = new SharedStatements();
  const pool = new Pool(driver as unknown as MakeDriver, options, { plan, prepares, shared });
  const rules: Rules = {
    textOf: (query) => textOf(query, classes),
    // `sql.unsafe(text, values, { poolsafe: { … } })` has a policy of its own.
    planOf: ({ options }) => policyOf(plan, options.poolsafe),
    settings: () => currentSettings(plan.settings),
    // Called as a handler is, after the query has been asked to run.
    command: (text, parameters = []) =>
      Object.assign(base.unsafe(text, [...parameters]) as unknown as Query, { executed: true }),
  };
  const host: TransactionHost = {
    makeSql: (handler) => makeSql(base, handler, cancel),
    command: rules.command,
  };
  const sql = host.makeSql((query) => {
    if (query.cancelled) return;
    const handed = { query: inItsScope(query), text: rules.textOf(query), settings: rules.settings() };
    const error = refusal(handed, rules, options.max);
    if (error === undefined) pool.run(handed);
    else query.reject(error);
  });

  function cancel(query: Query): void {
    if (pool.cancel(query)) return;
    query.cancelled = true;
    query.reject(driverError('57014', 'canceling statement due to user request'));
  }

  async function begin(...given: unknown[]): Promise<unknown> {
    const [mode, work] = typeof given[1] === 'function' ? given : ['', given[0]];
    const lease = await Lease.take(pool, rules);
    return runTransaction(lease, host, String(mode), work as Work);
  }

  async function reserve(): Promise<unknown> {
    const lease = await Lease.take(pool, rules);
    // Fails here where no connection can be had, as the driver's own does, rather than with the first query.
    if (!lease.ready) await runCommand(lease, host, '');
    const reserved = host.makeSql((query) => lease.run(query));
    return Object.assign(reserved, { release: () => lease.release(() => host.command('rollback')) });
  }

  async function end({ timeout = null }: { timeout?: number | null } = {}): Promise<void> {
    // Queries that were asked to run in the same turn still count.
    await null;
    const sessions = [base, ...(direct?.opened() ?? [])];
    await Promise.all([
      pool.end(timeout),
      ...sessions.map((session) => session.end({ timeout: timeout ?? 5 })),
    ]);
  }

  // largeObject() of the driver begins its transaction with what it finds there.
  Object.assign(base, { begin });
  const { parameters, largeObject, CLOSE, END, PostgresError } = base;
  return Object.assign(sql, {
    ...{ parameters, largeObject, CLOSE, END, PostgresError, options },
    ...sessionFunctions(base, plan, direct?.open),
    ...{ begin, reserve, end, close: () => pool.close() },
    poolsafe: plan,
  });
}

/** Why a query may not run on the pool. */
function refusal(handed: Handed, rules: Rules, max: number): Error | undefined {
  const plan = rules.planOf(handed.query);
  if (plan instanceof Error) return plan;
  const { text } = handed;
  const refused = refusedAlone(handed) ?? refusedOnPool(handed);
  if (refused !== undefined || isPlain(text)) return refused;
  const context = { inTransaction: false };
  // Twice, since what concerns the pool alone is reported apart from the rest.
  const error = guard(plan, text, { ...context, onPool: true }) ?? guard(plan, text, context);
  if (error !== undefined || max === 1 || !/\b(?:begin|start)\b/i.test(text)) return error;
  // Where the guard lets it through, postgres.js itself does not.
  if (!classify(text).includes('tx:control')) return undefined;
  return driverError('UNSAFE_TRANSACTION', 'Only use sql.begin, sql.reserved or max: 1');
}
