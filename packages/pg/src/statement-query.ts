import type pg from 'pg';
import { BareQuery } from './bare-query.ts';
import type { ConnectionInternals, Statements } from './statements.ts';

/** What is told of an error that may come from a statement that is out of date. */
interface ServerError {
  readonly code?: string;
  readonly severity?: string;
  readonly message?: string;
}

/** Errors of a statement that is gone, or taken by another. */
const gone: ReadonlySet<unknown> = new Set(['26000', '42P05']);

/** Errors of statements that a pooler did not hand on. */
const notBegun = new WeakSet<object>();

/** Whether a statement failed so that nothing of it can have run, outside of a transaction. */
export function hasNotBegun(error: unknown): boolean {
  return typeof error === 'object' && error !== null && notBegun.has(error);
}

/** How PgBouncer answers a statement that it has no record of, instead of handing it on; it closes the connection. */
function isUnknownToPooler({ code, message }: ServerError): boolean {
  return code === '08P01' && message === 'prepared statement did not exist';
}

/** How a {@link StatementQuery} finds out about its connection when it is its turn. */
export interface StatementQueryContext {
  readonly statements: Statements;
  /** Whether the server has said that a transaction is open. */
  readonly inTransaction: () => boolean;
}

/** A query whose statement is named when it is its turn, where that is safe, and that survives the loss of it. */
export class StatementQuery extends BareQuery {
  readonly #statements: Statements;
  readonly #inTransaction: () => boolean;
  readonly #sql: string;
  readonly #asked: boolean;
  /** Whether it was sent under a name that this package gave. */
  #named = false;
  /** Until the server has bound the parameters, nothing of it has run. The simple protocol does not tell. */
  #extended = false;
  #wasInTransaction = false;
  #again = false;

  constructor(sql: string, given: readonly unknown[], context: StatementQueryContext) {
    super(...given);
    this.#sql = sql;
    this.#statements = context.statements;
    this.#inTransaction = context.inTransaction;
    this.#asked = Boolean(this.name);
    this.name = undefined;
    // A tracer that adds a comment spreads it, and pg makes a query of its own from what is left.
    this.rowMode = (given[0] as { rowMode?: unknown }).rowMode;
    // A named statement always goes through the extended protocol, with or without parameters.
    if (this.#asked) Object.assign(this, { queryMode: 'extended', text: sql });
  }

  override submit(connection: pg.Connection): Error | null {
    this.#wasInTransaction = this.#inTransaction();
    const internals = connection as unknown as ConnectionInternals;
    const mayName = !(this.#again || this.rows);
    // In one write with what is closed for it.
    internals.stream.cork?.();
    try {
      const chosen = mayName ? this.#statements.choose(this.#sql, this.#asked) : undefined;
      this.#named = chosen !== undefined;
      this.name = chosen?.name;
      this.text = this.#sql;
      this.#extended = this.requiresPreparation();
      if (chosen !== undefined) this.text = chosen.text;
      else if (this.#extended) this.text = this.#statements.unnamedText(this.#sql, this.#again);
      this.#statements.bound = false;
      return super.submit(connection);
    } finally {
      internals.stream.uncork?.();
    }
  }

  override handleError(error: Error, connection: pg.Connection): void {
    const may = this.#extended && !this.#again && !this.#statements.bound;
    if (may && this.#isHealed(error as ServerError)) return;
    if (may && !this.#wasInTransaction && isUnknownToPooler(error as ServerError)) notBegun.add(error);
    super.handleError(error, connection);
  }

  /** Whether it runs once more, without a name. */
  #isHealed({ code, severity, message }: ServerError): boolean {
    const statements = this.#statements;
    const isGone = gone.has(code);
    const isOutdated =
      code === '0A000' || (code === 'XX000' && /^cache lookup failed for /.test(message ?? ''));
    if (isGone) statements.lost();
    else if (isOutdated) statements.outdated(this.#sql);
    // Its Parse may have failed, or its value was refused by pg, which closes the statement then.
    else if (this.#named) statements.drop(this.#sql);
    if (!(isGone || isOutdated) || severity === 'FATAL' || this.#wasInTransaction) return false;
    this.#again = true;
    statements.queue.unshift(this);
    return true;
  }
}
