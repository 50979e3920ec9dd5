import type { EventEmitter } from 'node:events';
import {
  isBegin,
  isCovered,
  otherSettings,
  refusedWithSettings,
  type SettingsScope,
  type TransactionTag,
  transactionTag,
} from '@poolsafe/core';
import type { Messages } from './messages.ts';
import type { TransactionState } from './transaction-state.ts';

interface ReadyForQuery {
  status?: string;
}

/** A statement in front of that of the application. */
type Ahead = Pick<SettingsScope, 'sql' | 'parameters'>;

/**
 * What one connection has to send before the next statement: the BEGIN of a transaction in which nothing was done yet,
 * its modes, and the settings in force. The application has had the answers to BEGIN and modes already. They travel with
 * the first statement as one group that ends with one Sync: where BEGIN fails, PostgreSQL skips the rest, so that
 * nothing runs outside of the transaction it belongs to.
 */
export class DeferredBegin {
  readonly #messages: Messages;
  readonly #events: EventEmitter;
  readonly #state: TransactionState;
  #texts: string[] = [];
  /** Those that were in force when the transaction began, for as long as it is open. */
  #settings: SettingsScope | undefined;
  /** Of those that were sent: how many the server has not completed. */
  #outstanding = 0;
  /** Whether BEGIN is among those. */
  #begins = false;
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
      if (this.#outstanding > 0 && this.#begins) this.#error = error;
      this.#outstanding = 0;
    });
    connection.prependListener('readyForQuery', (message: ReadyForQuery) => {
      if (message.status === 'I') this.#settings = undefined;
      if (this.#error === undefined) return;
      // Where BEGIN itself has failed: for the application it is a transaction that has.
      if (message.status === 'I') {
        this.#failed = this.#error;
        message.status = 'E';
      }
      this.#error = undefined;
    });
  }

  /** Whether queries have to look here when it is their turn: it is not certain that BEGIN was taken, or with it go settings. */
  get isInvolved(): boolean {
    const isUnderWay = this.#coming > 0 || this.isWaiting || this.isOutstanding;
    const hasFailed = this.#error !== undefined || this.#failed !== undefined;
    // A transaction that has settings must not be chained to one that has not, whoever asks for it.
    return isUnderWay || hasFailed || this.#settings !== undefined;
  }

  /** Whether there is something to send before the next statement. */
  get isWaiting(): boolean {
    return this.#texts.length > 0;
  }

  /** Whether what comes from the server is still the answer to what was sent before the statement. */
  get isOutstanding(): boolean {
    return this.#outstanding > 0;
  }

  /** A BEGIN was handed over. */
  coming(): void {
    this.#coming += 1;
  }

  came(): void {
    this.#coming -= 1;
  }

  /** Those with which a statement runs for which `settings` are in force. */
  inForce(settings: SettingsScope | undefined): SettingsScope | undefined {
    return this.#state.open ? this.#settings : settings;
  }

  /** Whether something goes in front of the next statement, for which these settings are in force. */
  goesAhead(settings: SettingsScope | undefined): boolean {
    return this.isWaiting || (settings?.mattersAlone === true && !this.#state.open);
  }

  /** Why a statement of this text cannot run for which these settings are in force. */
  refusal(settings: SettingsScope | undefined, text: unknown): Error | undefined {
    if (this.#failed !== undefined) return notBegun(this.#failed);
    const { open } = this.#state;
    if (open && !isCovered(settings, this.#settings)) return otherSettings();
    const inForce = this.inForce(settings);
    if (inForce === undefined || typeof text !== 'string') return undefined;
    return refusedWithSettings(text, { inTransaction: open || !inForce.mattersAlone });
  }

  /** Answers `text` instead of the server, where it need not be sent now. `false` where it must. */
  answers(text: string, settings: SettingsScope | undefined): boolean {
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
    if (!this.isWaiting) this.#settings = settings;
    this.#texts.push(text);
    return this.#answer(tag, 'T');
  }

  /**
   * Writes what waits, or the settings of a statement outside of a transaction: without BEGIN and COMMIT, since the
   * group is a transaction by itself. Whoever calls it writes what comes behind, and the Sync.
   */
  send(settings?: SettingsScope): void {
    const ahead = this.#texts.map((sql): Ahead => ({ sql, parameters: [] }));
    this.#begins = ahead.length > 0;
    // The modes first: PostgreSQL takes them before any query.
    const inForce = this.#begins ? this.#settings : settings;
    if (inForce !== undefined) ahead.push(inForce);
    for (const { sql, parameters } of ahead) {
      this.#messages.parse({ name: '', text: sql });
      this.#messages.bind({ statement: '', values: parameters });
      this.#messages.execute({ portal: '', rows: 0 });
    }
    this.#outstanding = ahead.length;
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

/** Why nothing can run until the application ends its transaction. */
function notBegun(cause: Error): Error {
  const message = `The transaction could not begin: ${cause.message}. Nothing runs until its ROLLBACK.`;
  return Object.assign(new Error(message, { cause }), { code: '25P02' });
}
