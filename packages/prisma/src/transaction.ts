import { currentSettings, settingsError } from '@poolsafe/core';
import type { Adapter, Transaction } from './adapter.ts';

type Query = Parameters<Transaction['executeRaw']>[0];

/** What Prisma's transaction manager ends a transaction with. The adapter only gives the connection back. */
const endings: readonly string[] = ['COMMIT', 'ROLLBACK'];

/**
 * Makes the transactions of `adapter` give their connection back in any case, once, and never inside an open
 * transaction. Prisma 6.19 keeps it for good when COMMIT or ROLLBACK fails; Prisma 7.8 gives it back without
 * ROLLBACK when BEGIN takes longer than `maxWait`, as it does while a pooler is busy.
 */
export function withOrderlyTransactions(adapter: Adapter): Adapter {
  const start = adapter.startTransaction.bind(adapter);
  adapter.startTransaction = async (isolationLevel) => orderly(await start(isolationLevel));
  return adapter;
}

/**
 * Lets `adapter` refuse what comes from within `withSettings`. Prisma sends queries of the same tick together, in the
 * asynchronous context of the first: they may belong to others, and those of this context may go out in another.
 */
export function withoutSettings(adapter: Adapter): Adapter {
  for (const name of ['queryRaw', 'executeRaw', 'executeScript', 'startTransaction'] as const) {
    const original = adapter[name].bind(adapter) as (...given: unknown[]) => Promise<never>;
    adapter[name] = async (...given: unknown[]) => {
      if (currentSettings() === undefined) return original(...given);
      throw settingsError(
        'Prisma cannot run with settings in force: it sends queries of several requests together.',
        "set_config('app.tenant_id', …, true) as the first statement of an interactive transaction",
      );
    };
  }
  return adapter;
}

function orderly(transaction: Transaction): Transaction {
  let ended = false;
  let failure: unknown;
  let back: Promise<void> | undefined;
  const giveBack = async () => {
    try {
      if (!ended) await transaction.executeRaw({ sql: 'ROLLBACK', args: [], argTypes: [] });
    } finally {
      await transaction.rollback();
    }
  };
  const once = () => {
    back ??= giveBack();
    return back;
  };
  /** The connection may be somebody else's by now. */
  const assertOpen = () => {
    if (back !== undefined) throw failure ?? new Error('This transaction has ended.');
  };
  return Object.assign(Object.create(transaction) as Transaction, {
    commit: once,
    rollback: once,
    async queryRaw(query: Query) {
      assertOpen();
      return await transaction.queryRaw(query);
    },
    async executeRaw(query: Query) {
      assertOpen();
      if (!endings.includes(query.sql)) return await transaction.executeRaw(query);
      ended = true;
      try {
        return await transaction.executeRaw(query);
      } catch (error) {
        failure = error;
        await once();
        throw error;
      }
    },
  });
}
