import { currentSettings, type Plan, policyOf, SharedStatements } from '@poolsafe/core';
import type { Driver, MakeDriver, Options, Query } from './driver.ts';
import { driverError } from './errors-of-driver.ts';
import { Lease, type Rules } from './lease.ts';
import { Pool } from './pool.ts';
import { classesOf, textOf } from './query.ts';
import { makeSql } from './sql.ts';
import { runCommand, type TransactionHost } from './transaction.ts';

/** Where connections lead, and how they are treated. */
export interface Destination {
  /** A client of postgres.js that parsed the options. Its own connections are never used. */
  readonly base: Driver;
  readonly plan: Plan;
  /** Whether statements may be prepared: the application has not said `prepare: false`. */
  readonly prepares: boolean;
}

/** What runs queries at a {@link Destination}. */
export interface Engine {
  readonly pool: Pool;
  readonly rules: Rules;
  readonly host: TransactionHost;
}

/** Makes an {@link Engine}, with some options other than those of its destination. Nothing connects here. */
export function makeEngine(
  make: MakeDriver,
  { base, plan, prepares }: Destination,
  own?: Partial<Options>,
): Engine {
  const classes = classesOf(base);
  const shared = new SharedStatements();
  // Those of the client itself are live: what the application changes in them counts.
  const options = own === undefined ? base.options : { ...base.options, ...own };
  const pool = new Pool(make, options, { plan, prepares, shared });
  const rules: Rules = {
    textOf: (query) => textOf(query, classes),
    // `sql.unsafe(text, values, { poolsafe: { … } })` has a policy of its own.
    planOf: ({ options }) => policyOf(plan, options.poolsafe),
    settings: () => currentSettings(plan.settings),
    defersBegin: plan.defersBegin,
    // Called as a handler is, after the query has been asked to run.
    command: (text, parameters = []) =>
      Object.assign(base.unsafe(text, [...parameters]) as unknown as Query, { executed: true }),
  };
  const cancel = (query: Query): void => {
    if (pool.cancel(query)) return;
    query.cancelled = true;
    query.reject(driverError('57014', 'canceling statement due to user request'));
  };
  return {
    pool,
    rules,
    host: { makeSql: (handler) => makeSql(base, handler, cancel), command: rules.command },
  };
}

/** A connection that one has to itself, and on which the server has been reached. A retired one serves nobody else. */
export async function leaseReady(
  { pool, rules, host }: Engine,
  { retire = false }: { readonly retire?: boolean } = {},
): Promise<Lease> {
  const lease = await Lease.take(pool, rules);
  if (retire) lease.retire();
  // Fails here where no connection can be had, as the driver's own does, rather than with the first query.
  if (!lease.ready) await runCommand(lease, host, '');
  return lease;
}
