import type { EventEmitter } from 'node:events';
import { isBegin, type TransactionTag, transactionTag } from '@poolsafe/core';
import type { Messages } from './messages.ts';
import type { TransactionState } from './transaction-state.ts';

interface ReadyForQuery {
  status?: string;
}

/**
 * What one connection has to send before the next statement: the BEGIN of a transaction in which nothing was done yet,
 * and its modes. The application has had their answers already. They travel with the first statement as one group
 * that ends with one Sync: where BEGIN fails, PostgreSQL skips the rest, so that nothing runs outside of the
 * transaction it belongs to.
 */
export class DeferredBegin {
  readonly #messages: Messages;
  readonly #events: EventEmitter;
  readonly #state: TransactionState;
  #texts: string[] = [];
  /** Of those that were sent: how many the server has not completed. */
  #outstanding = 0;
  /** What became of those, until the server has told whether a transaction is open. */
  #error: Error | undefined;
  #failed: Error | undefined;
  /** BEGINs that were handed over, and whose turn has not come. */
  #coming = 0;

  constructor(connection: EventEmitter, state: TransactionState) {
    this.#events = connection;
    this.#messages = connection as unknown as Messages;
    this.#state = state;
    // Before pg hands the message on.
    connection.prependListener('errorMessage', (error: Error) => {
      if (this.#outstanding > 0) this.#error = error;
      this.#outstanding = 0;
    });
    connection.prependListener('readyForQuery', (message: ReadyForQuery) => {
      if (this.#error === undefined) return;
      // Where BEGIN itself has failed: for the application it is a transaction that has.
      if (message.status === 'I') {
        this.#failed = this.#error;
        message.status = 'E';
      }
      this.#error = undefined;
    });
  }

  /** Whether queries have to look here when it is their turn: it is not certain that BEGIN was taken. */
  get isInvolved(): boolean {
    const isUnderWay = this.#coming > 0 || this.isWaiting || this.isOutstanding;
    return isUnderWay || this.#error !== undefined || this.#failed !== undefined;
  }

  /** Whether there is something to send before the next statement. */
  get isWaiting(): boolean {
    return this.#texts.length > 0;
  }

  /** Whether what comes from the server is still the answer to what was sent before the statement. */
  get isOutstanding(): boolean {
    return this.#outstanding > 0;
  }

  /** Why nothing can run until the application ends this transaction. */
  get failure(): Error | undefined {
    const cause = this.#failed;
    if (cause === undefined) return undefined;
    const message = `The transaction could not begin: ${cause.message}. Nothing runs until its ROLLBACK.`;
    return Object.assign(new Error(message, { cause }), { code: '25P02' });
  }

  /** A BEGIN was handed over. */
  coming(): void {
    this.#coming += 1;
  }

  came(): void {
    this.#coming -= 1;
  }

  /** Answers `text` instead of the server, where it need not be sent now. `false` where it must. */
  answers(text: string): boolean {
    const tag = transactionTag(text);
    const ends = tag === 'COMMIT' || tag === 'ROLLBACK';
    if (this.#failed !== undefined && ends) {
      this.#failed = undefined;
      // As PostgreSQL answers the COMMIT of a transaction that has failed.
      return this.#answer('ROLLBACK', 'I');
    }
    if (this.isWaiting && ends) {
      this.#texts = [];
      return this.#answer(tag, 'I');
    }
    const defers = isBegin(text) ? !this.#state.open : tag === 'SET' && this.isWaiting;
    if (!defers || tag === undefined) return false;
    this.#texts.push(text);
    return this.#answer(tag, 'T');
  }

  /** Writes what waits; whoever calls it writes what comes behind, and the Sync. */
  send(): void {
    const messages = this.#messages;
    for (const text of this.#texts) {
      messages.parse({ name: '', text });
      messages.bind({ statement: '', values: [] });
      messages.execute({ portal: '', rows: 0 });
    }
    this.#outstanding = this.#texts.length;
    this.#texts = [];
  }

  /** One more is completed. */
  completed(): void {
    this.#outstanding -= 1;
  }

  /** Lets pg take the turn as over, with nothing said. */
  pass(): void {
    this.#say(() =>
      this.#events.emit('readyForQuery', { name: 'readyForQuery', status: this.#state.status }),
    );
  }

  /** Lets pg take it for an answer of the server, later, as it would come. */
  #answer(text: TransactionTag, status: 'I' | 'T'): true {
    this.#say(() => {
      this.#events.emit('commandComplete', { name: 'commandComplete', text });
      this.#events.emit('readyForQuery', { name: 'readyForQuery', status });
    });
    return true;
  }

  #say(said: () => void): void {
    process.nextTick(said);
  }
}
