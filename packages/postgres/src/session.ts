import type { Destination, Engine } from './engine.ts';
import { driverError } from './errors-of-driver.ts';
import type { Lease } from './lease.ts';
import type { SqlFunctions } from './sql.ts';
import { runTransaction, type TransactionHost, transactionOf } from './transaction.ts';

/** A connection that nobody else has, until its end. */
export interface Session {
  /** What runs on it, outside of a transaction; it has `begin()` for those. */
  readonly sql: SqlFunctions;
  readonly lease: Lease;
  readonly host: TransactionHost;
}

/** The session on a connection. */
export function sessionOn(lease: Lease, { host }: Engine, { base, plan }: Destination): Session {
  async function begin(...given: unknown[]): Promise<unknown> {
    if (lease.inTransaction) {
      throw driverError(
        'UNSAFE_TRANSACTION',
        'This session is in a transaction already: use its savepoint()',
      );
    }
    return await runTransaction(lease, host, ...transactionOf(given));
  }

  const sql = host.makeSql((query) => lease.run(query));
  return { sql: Object.assign(sql, { begin, options: base.options, poolsafe: plan }), lease, host };
}
