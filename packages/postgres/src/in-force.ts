import {
  inScope,
  isBegin,
  isCovered,
  isSingleStatement,
  refusedWithSettings,
  type SettingsScope,
  settingsError,
  transactionTag,
} from '@poolsafe/core';
import type { Query } from './driver.ts';
import { otherSettings } from './errors-of-driver.ts';

/** A query that is to run, its text, and the settings in force where it was handed over: later they are others. */
export interface Handed {
  readonly query: Query;
  readonly text: string;
  readonly settings: SettingsScope | undefined;
}

/** What of a query calls back has the settings that are in force now, and not those of whoever its connection runs for. */
export function inItsScope(query: Query): Query {
  if (query.forEachFn !== undefined) query.forEachFn = inScope(query.forEachFn);
  if (query.cursorFn !== undefined) query.cursorFn = inScope(query.cursorFn);
  return query;
}

/** Why a query cannot run outside of a transaction with settings in force. */
export function refusedAlone({ query, text, settings }: Handed): Error | undefined {
  if (settings === undefined) return undefined;
  const refused = refusedWithSettings(text, { inTransaction: !settings.mattersAlone });
  if (refused !== undefined || !settings.mattersAlone || travels({ query, text }) || isEmpty(text))
    return refused;
  return settingsError(
    'With settings in force, a placeholder without a value, and .simple() with one, need a transaction.',
    'give the values, or run it in sql.begin()',
  );
}

/** Why a transaction cannot begin with settings in force where its statements may go to other connections. */
export function refusedOnPool({ text, settings }: Handed): Error | undefined {
  if (settings === undefined || !isBegin(text)) return undefined;
  return settingsError(
    'With settings in force, a transaction needs a connection of its own.',
    'sql.begin(), or BEGIN on a connection of sql.reserve()',
  );
}

/** What goes in front of a query outside of a transaction. */
export function aheadOf({ text, settings }: Handed): readonly SettingsScope[] | undefined {
  const needsNone = isEmpty(text) || transactionTag(text) !== undefined;
  return needsNone || !settings?.mattersAlone ? undefined : [settings];
}

/** Whether something can go in front of a query: the extended protocol does what the simple one would. */
export function travels({ query, text }: Pick<Handed, 'query' | 'text'>): boolean {
  return !query.options.simple || isSingleStatement(text);
}

function isEmpty(text: string): boolean {
  return text.trim() === '';
}

/** The settings of the transactions on a connection that is held, one after the other. */
export class TransactionSettings {
  /** Those in force where the transaction began that is open. */
  #settings: SettingsScope | undefined;
  /** Whether the server has still to be told of them. */
  #waiting = false;
  #inTransaction: boolean;

  constructor(inTransaction: boolean) {
    this.#inTransaction = inTransaction;
  }

  /** Why a query cannot run. */
  refusal(handed: Handed): Error | undefined {
    if (!this.#inTransaction) return refusedAlone(handed);
    if (!isCovered(handed.settings, this.#settings)) return otherSettings();
    // Whoever ends such a transaction in the middle of a text: what follows would be without them.
    return this.#settings && refusedWithSettings(handed.text, { inTransaction: true });
  }

  /** What goes in front of a query, and must do so before it where it {@link travels} with nothing. */
  ahead(handed: Handed): readonly SettingsScope[] | undefined {
    if (!this.#inTransaction) return aheadOf(handed);
    // The modes of a transaction come before anything else in it, and nothing is needed to end it.
    if (!this.#waiting || this.#settings === undefined || transactionTag(handed.text)) return undefined;
    return [this.#settings];
  }

  /** What went in front of a query of the transaction was sent: it is set, or the transaction has failed. */
  sent(): void {
    this.#waiting = false;
  }

  /** A query has ended, and this is what the server says now. */
  ended(handed: Handed, inTransaction: boolean): void {
    if (!inTransaction || !this.#inTransaction) {
      this.#settings = inTransaction ? handed.settings : undefined;
      this.#waiting = this.#settings !== undefined;
    }
    this.#inTransaction = inTransaction;
  }
}
