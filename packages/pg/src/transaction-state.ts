import type { EventEmitter } from 'node:events';
import { classify, type Effect } from '@poolsafe/core';

const control: ReadonlySet<Effect> = new Set(['tx:control', 'tx:two_phase', 'opaque:do', 'opaque:call']);

/**
 * Follows whether a connection is in a transaction, from what the server says after each statement
 * (ReadyForQuery).
 */
export class TransactionState {
  #open = false;
  #outstanding = 0;
  #controlOutstanding = false;

  /** `connection` is `client.connection`, whose events exist in every supported version of pg. */
  constructor(connection: EventEmitter, client: EventEmitter) {
    connection.on('readyForQuery', ({ status }: { status?: string }) => {
      this.#open = status === 'T' || status === 'E';
      this.#settle(Math.max(0, this.#outstanding - 1));
    });
    // A statement that never reached the server is not answered: start afresh when nothing is queued.
    client.on('drain', () => this.#settle(0));
  }

  /** What the server said last. */
  get open(): boolean {
    return this.#open;
  }

  /** Whether that still holds for the next statement: nothing is queued that may begin or end a transaction. */
  get certain(): boolean {
    return !this.#controlOutstanding;
  }

  /** Must be told of each statement that is handed to the driver, `undefined` where its text is not known. */
  sending(sql: string | undefined): void {
    this.#outstanding += 1;
    this.#controlOutstanding ||= sql === undefined || classify(sql).some((effect) => control.has(effect));
  }

  #settle(outstanding: number): void {
    this.#outstanding = outstanding;
    if (outstanding === 0) this.#controlOutstanding = false;
  }
}
