import type { EventEmitter } from 'node:events';
import { classify, type Effect } from '@poolsafe/core';
import type pg from 'pg';

const control: ReadonlySet<Effect> = new Set(['tx:control', 'tx:two_phase', 'opaque:do', 'opaque:call']);

type StatusClient = Pick<pg.Client, 'once'> & Partial<Pick<pg.Client, 'getTransactionStatus'>>;

/**
 * Follows whether a connection is in a transaction, from what the server says after each statement
 * (ReadyForQuery).
 */
export class TransactionState {
  readonly #client: StatusClient;
  #lastStatus: string | null | undefined;
  #controlOutstanding = false;

  /** `connection` is `client.connection`: pg before 8.21 does not tell the status otherwise. */
  constructor(client: StatusClient, connection: EventEmitter) {
    this.#client = client;
    if (client.getTransactionStatus !== undefined) return;
    connection.on('readyForQuery', ({ status }: { status?: string }) => {
      this.#lastStatus = status;
    });
  }

  /** What the server said last: `I` for idle, `T` in a transaction, `E` in one that has failed. */
  get status(): string | null | undefined {
    return this.#client.getTransactionStatus?.() ?? this.#lastStatus;
  }

  get open(): boolean {
    return this.status === 'T' || this.status === 'E';
  }

  /** Whether that still holds for the next statement: nothing is queued that may begin or end a transaction. */
  get certain(): boolean {
    return !this.#controlOutstanding;
  }

  /** Must be told of each statement that is handed to the driver, `undefined` where its text is not known. */
  sending(sql: string | undefined): void {
    if (this.#controlOutstanding) return;
    if (sql !== undefined && !classify(sql).some((effect) => control.has(effect))) return;
    this.#controlOutstanding = true;
    // Everything that was handed over is answered.
    this.#client.once('drain', () => {
      this.#controlOutstanding = false;
    });
  }
}
