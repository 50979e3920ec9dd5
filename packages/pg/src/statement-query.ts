import { isGone, isOfFunction, isOutdated, isRefused, isUnknownToPooler } from '@poolsafe/core';
import type pg from 'pg';
import { inOneWrite, type Messages } from './messages.ts';
import type { Statements } from './statements.ts';
import { TransactionQuery, type TransactionQueryContext } from './transaction-query.ts';

/** Errors of statements that a pooler did not hand on. */
const notBegun = new WeakSet<object>();

/** Whether a statement failed so that nothing of it can have run, outside of a transaction. */
export function hasNotBegun(error: unknown): boolean {
  return typeof error === 'object' && error !== null && notBegun.has(error);
}

/** How a {@link StatementQuery} finds out about its connection when it is its turn. */
export interface StatementQueryContext extends TransactionQueryContext {
  readonly statements: Statements;
  /** Whether the server has said that a transaction is open. */
  readonly inTransaction: () => boolean;
}

/** A query whose statement is named when it is its turn, where that is safe, and that survives the loss of it. */
export class StatementQuery extends TransactionQuery {
  readonly #statements: Statements;
  readonly #inTransaction: () => boolean;
  readonly #sql: string;
  readonly #asked: boolean;
  /** Whether it was sent under a name that this package gave. */
  #named = false;
  /** Whether the server was sent its text before. */
  #wasPrepared = false;
  /** Until the server has bound the parameters, nothing of it has run. The simple protocol does not tell. */
  #extended = false;
  #wasInTransaction = false;
  #again = false;

  constructor(sql: string, given: readonly unknown[], context: StatementQueryContext) {
    super(given, context);
    this.#sql = sql;
    this.#statements = context.statements;
    this.#inTransaction = context.inTransaction;
    this.#asked = Boolean(this.name);
    this.name = undefined;
    // A named statement always goes through the extended protocol, with or without parameters.
    if (this.#asked) Object.assign(this, { queryMode: 'extended', text: sql });
  }

  override submit(connection: pg.Connection): Error | null {
    this.#wasInTransaction = this.#inTransaction();
    const messages = connection as unknown as Messages;
    const mayName = !(this.#again || this.rows);
    // In one write with what is closed for it.
    return inOneWrite(messages, () => {
      const chosen = mayName ? this.#statements.choose(this.#sql, this.#asked) : undefined;
      this.#named = chosen !== undefined;
      this.#wasPrepared = chosen !== undefined && chosen.name in messages.parsedStatements;
      this.name = chosen?.name;
      this.text = this.#sql;
      this.#extended = this.travels() || this.requiresPreparation();
      if (chosen !== undefined) this.text = chosen.text;
      else if (this.#extended) this.text = this.#statements.unnamedText(this.#sql, this.#again);
      this.#statements.bound = false;
      return super.submit(connection);
    });
  }

  protected override get hasOwnName(): boolean {
    return true;
  }

  protected override begun(): void {
    // It was the server that has taken those of BEGIN.
    this.#statements.bound = false;
  }

  override handleError(error: Error, connection: pg.Connection): void {
    // PgBouncer takes the name as given nevertheless, and refuses it the next time.
    if (this.isBehind && this.#named && !this.#wasPrepared) this.#statements.drop(this.#sql);
    const hasNotRun = this.#extended && !this.#statements.bound && !isOfFunction(error);
    const may = hasNotRun && !this.#again;
    if (may && this.#isStale(error) && !this.#wasInTransaction) {
      this.#again = true;
      this.#statements.queue.unshift(this);
      return;
    }
    if (may && !this.#wasInTransaction && isUnknownToPooler(error)) notBegun.add(error);
    super.handleError(error, connection);
  }

  /** Whether it failed as one that was prepared before, and may not fail as one that is prepared now. */
  #isStale(error: Error): boolean {
    const statements = this.#statements;
    if (isGone(error)) statements.lost();
    else if (isOutdated(error)) statements.outdated(this.#sql);
    else {
      // Its Parse may have failed, or its value was refused by pg, which closes the statement then.
      if (this.#named) statements.drop(this.#sql);
      return this.#wasPrepared && isRefused(error);
    }
    return true;
  }
}
