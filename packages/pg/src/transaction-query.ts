import { isBegin, isSingleStatement, type SettingsScope, settingsError } from '@poolsafe/core';
import type pg from 'pg';
import { BareQuery } from './bare-query.ts';
import type { DeferredBegin } from './deferred-begin.ts';
import { inOneWrite, type Messages } from './messages.ts';

/** What a {@link TransactionQuery} looks at when it is its turn. */
export interface TransactionQueryContext {
  readonly begin: DeferredBegin;
  /** Where pg keeps the queries that wait. */
  readonly queue: () => unknown[];
  /** Those in force when the query was handed over. */
  readonly settings: SettingsScope | undefined;
  /** Called when it is its turn. */
  readonly onTurn?: (() => void) | undefined;
}

/** A query that takes the BEGIN of its transaction along, where that has not been sent. */
export class TransactionQuery extends BareQuery {
  readonly #context: TransactionQueryContext;
  #isComing: boolean;
  /** Goes through the extended protocol although it would not have to. */
  #extended = false;
  /** BEGIN was sent by itself, and this comes when that is answered. */
  #isNext = false;
  /** What pg must not see before its own answer: it takes the ParseComplete of BEGIN for the one of this name. */
  #hiddenName: string | undefined;

  constructor(given: readonly unknown[], context: TransactionQueryContext) {
    super(...given);
    this.#context = context;
    // A tracer that adds a comment spreads it, and pg makes a query of its own from what is left.
    this.rowMode = (given[0] as { rowMode?: unknown } | undefined)?.rowMode;
    this.#isComing = isBareText(this) && isBegin(this.text);
    if (this.#isComing) context.begin.coming();
  }

  override requiresPreparation(): boolean {
    return this.#extended || super.requiresPreparation();
  }

  override submit(connection: pg.Connection): Error | null {
    const { begin, settings } = this.#context;
    if (this.#isComing) begin.came();
    this.#isComing = false;
    this.#context.onTurn?.();
    if (isBareText(this) && begin.answers(this.text, settings)) return null;
    const refusal = begin.refusal(settings, this.text);
    if (refusal !== undefined) return refusal;
    if (!begin.goesAhead(settings) || isUnsendable(this)) return super.submit(connection);
    const travels = this.travels();
    if (!travels && !begin.isWaiting) return notAlone();
    const messages = connection as unknown as Messages;
    return inOneWrite(messages, () => {
      begin.send(settings);
      if (!travels) {
        this.#isNext = true;
        this.#hideName();
        messages.sync();
        return null;
      }
      if (this.#extended) {
        this.#writeAsSimple(messages);
        return null;
      }
      const refused = super.submit(connection);
      this.#hideName();
      return refused;
    });
  }

  /**
   * Whether it goes in one group with BEGIN, and not after it: the simple protocol has a Sync of its own, and what pg
   * itself would refuse to send must be refused before BEGIN is sent.
   */
  protected travels(): boolean {
    const { begin, settings } = this.#context;
    if (!begin.goesAhead(settings)) return false;
    if (this.rows || (this.name && !this.hasOwnName)) return false;
    if (super.requiresPreparation()) return true;
    this.#extended = isSingleStatement(this.text);
    return this.#extended;
  }

  /**
   * What the simple protocol would do: all values as text, and no portal is left, which would keep the snapshot of the
   * statement until the next one; CREATE INDEX CONCURRENTLY waits for that.
   */
  #writeAsSimple(messages: Messages): void {
    messages.parse({ name: '', text: this.text });
    messages.bind({ statement: '', values: [] });
    messages.describe({ type: 'P', name: '' });
    messages.execute({ portal: '', rows: 0 });
    messages.close({ type: 'P', name: '' });
    messages.sync();
  }

  /** The settings with which it runs. */
  protected get settings(): SettingsScope | undefined {
    return this.#context.begin.inForce(this.#context.settings);
  }

  /** Whether its name was given by this package, so that it stands for one text alone. */
  protected get hasOwnName(): boolean {
    return false;
  }

  /** Whether what failed is in front of it, so that the server has not even looked at its Parse. */
  protected get isBehind(): boolean {
    return this.#hiddenName !== undefined;
  }

  /** Everything in front of it has been answered. */
  protected begun(): void {}

  override handleDataRow(message: object): void {
    if (!this.#context.begin.isOutstanding) super.handleDataRow(message);
  }

  override handleCommandComplete(message: object, connection: pg.Connection): void {
    const { begin } = this.#context;
    if (!begin.isOutstanding) {
      super.handleCommandComplete(message, connection);
      return;
    }
    begin.completed();
    if (begin.isOutstanding) return;
    this.#showName();
    this.begun();
  }

  override handleReadyForQuery(connection: pg.Connection): void {
    if (this.#isNext) {
      this.#isNext = false;
      this.#context.queue().unshift(this);
    } else super.handleReadyForQuery(connection);
  }

  override handleError(error: Error, connection: pg.Connection): void {
    const name = this.#hiddenName;
    if (name !== undefined) delete (connection as unknown as Messages).submittedNamedStatements?.[name];
    this.#showName();
    // Whoever has lost patience does not want it to run any more.
    this.#isNext = false;
    super.handleError(error, connection);
  }

  #hideName(): void {
    this.#hiddenName = this.name;
    this.name = undefined;
  }

  #showName(): void {
    if (this.#hiddenName !== undefined) this.name = this.#hiddenName;
    this.#hiddenName = undefined;
  }
}

/** Sends a BEGIN that waits, for what is to come behind it and knows nothing of it. */
export class BeginNow extends BareQuery {
  readonly #begin: DeferredBegin;

  constructor(begin: DeferredBegin) {
    super({});
    this.#begin = begin;
    // What fails here fails what comes behind.
    this.callback = () => {};
  }

  override submit(connection: pg.Connection): null {
    if (!this.#begin.isWaiting) {
      this.#begin.pass();
      return null;
    }
    const messages = connection as unknown as Messages;
    inOneWrite(messages, () => {
      this.#begin.send();
      messages.sync();
    });
    return null;
  }

  override handleCommandComplete(): void {
    this.#begin.completed();
  }
}

/** Whether it is a text and nothing else. */
function isBareText({ text, name, values }: BareQuery): boolean {
  return typeof text === 'string' && !name && (!values || (Array.isArray(values) && values.length === 0));
}

/** Whether pg itself refuses it. */
function isUnsendable({ text, name, values }: BareQuery): boolean {
  return (typeof text !== 'string' && !name) || Boolean(values && !Array.isArray(values));
}

function notAlone(): Error {
  return settingsError(
    'With settings in force, a query with `rows`, a name that is kept, or a placeholder without a value needs a transaction.',
    'BEGIN inside of withSettings before it',
  );
}
