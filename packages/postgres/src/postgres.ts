import { classify, guard, isPlain } from '@poolsafe/core';
import driver from 'postgres';
import type { MakeDriver } from './driver.ts';
import { leaseReady, makeEngine } from './engine.ts';
import { driverError } from './errors-of-driver.ts';
import { type Handed, inItsScope, refusedAlone, refusedOnPool } from './in-force.ts';
import { laneOf } from './lazy-lane.ts';
import { Lease, type Rules } from './lease.ts';
import { parseArguments } from './options.ts';
import { runTransaction, transactionOf } from './transaction.ts';

const make = driver as unknown as MakeDriver;

/** Makes a guarded client of postgres.js. Its types are those of the exported function. */
export function guardedPostgres(first?: unknown, second?: unknown): unknown {
  const { direct, ...own } = parseArguments(make, first, second);
  const { base, plan } = own;
  const { options } = base;
  const engine = makeEngine(make, own);
  const { pool, rules, host } = engine;
  const lane = laneOf({ make, own, direct }, engine);
  const sql = host.makeSql((query) => {
    if (query.cancelled) return;
    const handed = { query: inItsScope(query), text: rules.textOf(query), settings: rules.settings() };
    const error = refusal(handed, rules, options.max);
    if (error === undefined) pool.run(handed);
    else query.reject(error);
  });
  const rollback = () => host.command('rollback');

  async function begin(...given: unknown[]): Promise<unknown> {
    const lease = await Lease.take(pool, rules);
    try {
      return await runTransaction(lease, host, ...transactionOf(given));
    } finally {
      lease.release(rollback);
    }
  }

  async function reserve(): Promise<unknown> {
    const lease = await leaseReady(engine);
    const reserved = host.makeSql((query) => lease.run(query));
    return Object.assign(reserved, { release: () => lease.release(rollback) });
  }

  async function end({ timeout = null }: { timeout?: number | null } = {}): Promise<void> {
    // Queries that were asked to run in the same turn still count.
    await null;
    await Promise.all([pool.end(timeout), lane.end(timeout), base.end({ timeout: timeout ?? 5 })]);
  }

  // largeObject() of the driver begins its transaction with what it finds there.
  Object.assign(base, { begin });
  const { parameters, largeObject, CLOSE, END, PostgresError } = base;
  return Object.assign(sql, {
    ...{ parameters, largeObject, CLOSE, END, PostgresError, options },
    ...lane.functions,
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
