import { outOfScope } from '@poolsafe/core';
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

function orderly(transaction: Transaction): Transaction {
  let ended = false;
  let failure: unknown;
  let back: Promise<void> | undefined;
  // Whoever ends it may have other settings in force: `$disconnect()` does it for all.
  const byItself = (query: Query) => outOfScope(() => transaction.executeRaw(query));
  const giveBack = async () => {
    try {
      if (!ended) await byItself({ sql: 'ROLLBACK', args: [], argTypes: [] });
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
    ...savepointsOf(transaction, assertOpen),
    async queryRaw(query: Query) {
      assertOpen();
      return await transaction.queryRaw(query);
    },
    async executeRaw(query: Query) {
      assertOpen();
      if (!endings.includes(query.sql)) return await transaction.executeRaw(query);
      ended = true;
      try {
        return await byItself(query);
      } catch (error) {
        failure = error;
        await once();
        throw error;
      }
    },
  });
}

const savepoints = ['createSavepoint', 'rollbackToSavepoint', 'releaseSavepoint'] as const;

/** Of nested transactions. Prisma itself sends them, so that they come through no extension. Prisma 6 has none. */
function savepointsOf(transaction: Transaction, assertOpen: () => void): Partial<Transaction> {
  const all = savepoints.map((name) => {
    const original = transaction[name]?.bind(transaction);
    if (original === undefined) return {};
    const sent = async (savepoint: string) => {
      assertOpen();
      await outOfScope(() => original(savepoint));
    };
    return { [name]: sent };
  });
  return Object.assign({}, ...all);
}
