import {
  isCovered,
  otherSettings,
  refusedWithSettings,
  type SettingsScope,
  transactionTag,
} from '@poolsafe/core';
import type { AheadStatement } from './ahead.ts';
import { aheadOf, type Handed, refusedAlone } from './in-force.ts';

/** What became of a query, and of what went in front of it. */
export interface Outcome {
  /** What the server says now. */
  readonly inTransaction: boolean;
  /** Whether what was to go in front was sent. */
  readonly wentAhead: boolean;
  readonly aheadFailed: boolean;
  /** What the server said of the first of these that failed. */
  readonly failure: Error | undefined;
}

/**
 * The transactions on a connection that is held, one after the other, and what each has to send in front of its
 * statements: its BEGIN, where that has not been sent, and the settings in force where it began.
 */
export class TransactionAhead {
  #inTransaction: boolean;
  /** Of a transaction in which nothing was done yet. */
  #begin: AheadStatement | undefined;
  #settings: SettingsScope | undefined;
  /** Whether the server has still to be told of the settings. */
  #waiting = false;
  /** What goes in front of the query that runs. */
  #ahead: readonly AheadStatement[] = [];
  /** Why BEGIN has failed: nothing may run until the end of what would be the transaction. */
  #failure: Error | undefined;

  constructor(inTransaction: boolean) {
    this.#inTransaction = inTransaction;
  }

  /** Whether one has begun that the server knows nothing of. */
  get isUnsent(): boolean {
    return this.#begin !== undefined;
  }

  /** Begins one with its first query. */
  begin(sql: string, settings: SettingsScope | undefined): void {
    this.#begin = { sql, parameters: [] };
    this.#settings = settings;
    this.#waiting = settings !== undefined;
  }

  /** Ends one that the server knows nothing of. */
  forget(): void {
    this.#begin = undefined;
    this.#settings = undefined;
    this.#waiting = false;
  }

  /** The settings with which a query runs. */
  inForce({ settings }: Handed): SettingsScope | undefined {
    return this.#inTransaction || this.isUnsent ? this.#settings : settings;
  }

  /** Why a query cannot run. */
  refusal(handed: Handed): Error | undefined {
    if (this.#failure !== undefined) return this.#failure;
    if (!this.#inTransaction && !this.isUnsent) return refusedAlone(handed);
    if (!isCovered(handed.settings, this.#settings)) return otherSettings();
    // Whoever ends such a transaction in the middle of a text: what follows would be without them.
    return this.#settings && refusedWithSettings(handed.text, { inTransaction: true });
  }

  /** What goes in front of a query, or comes before it where nothing {@link travels} with it. */
  ahead(handed: Handed): readonly AheadStatement[] | undefined {
    this.#ahead = this.#aheadOf(handed);
    return this.#ahead.length === 0 ? undefined : this.#ahead;
  }

  #aheadOf(handed: Handed): readonly AheadStatement[] {
    if (!this.#inTransaction && !this.isUnsent) return aheadOf(handed) ?? [];
    const begin = this.#begin === undefined ? [] : [this.#begin];
    // The modes of a transaction come before anything else in it, and nothing is needed to end it.
    if (!this.#waiting || this.#settings === undefined || transactionTag(handed.text)) return begin;
    return [...begin, this.#settings];
  }

  /** A query has ended, or, where none is given, the first of what goes in front of one, which was sent by itself. */
  ended(handed: Handed | undefined, outcome: Outcome): void {
    const sent = handed === undefined ? this.#ahead.slice(0, 1) : outcome.wentAhead ? this.#ahead : [];
    const { inTransaction } = outcome;
    const begins = this.#begin !== undefined && sent.includes(this.#begin);
    if (begins) {
      this.#begin = undefined;
      if (!inTransaction && (handed === undefined || outcome.aheadFailed)) this.#failure = outcome.failure;
    } else if (inTransaction && !this.#inTransaction) {
      this.#settings = handed?.settings;
      this.#waiting = this.#settings !== undefined;
    }
    // They are set, or the transaction has failed.
    if (this.#settings !== undefined && sent.includes(this.#settings)) this.#waiting = false;
    if (!inTransaction && !this.isUnsent) this.forget();
    this.#inTransaction = inTransaction;
  }
}
