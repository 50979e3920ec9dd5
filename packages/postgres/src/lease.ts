import { guard, isBegin, isPlain, movesSearchPath, type Plan, type SettingsScope } from '@poolsafe/core';
import type { AheadStatement } from './ahead.ts';
import type { Connection } from './connection.ts';
import type { Query } from './driver.ts';
import { connectionError, copyInProgress, driverError } from './errors-of-driver.ts';
import { type Handed, inItsScope, travels } from './in-force.ts';
import type { Pool, Task } from './pool.ts';
import { TransactionAhead } from './transaction-ahead.ts';

/** How a {@link Lease} looks at its queries. */
export interface Rules {
  planOf(query: Query): Plan | Error;
  textOf(query: Query): string;
  /** The settings in force where this is called. */
  settings(): SettingsScope | undefined;
  /** Whether BEGIN waits for the first query of its transaction. */
  readonly defersBegin: boolean;
  /** A query of our own. */
  command(text: string, parameters?: readonly string[]): Query;
}

/** A connection that one transaction or `reserve()` has to itself. Its queries run one after the other. */
export class Lease {
  readonly #pool: Pool;
  readonly #connection: Connection;
  readonly #rules: Rules;
  readonly #queue: Handed[] = [];
  readonly #transaction: TransactionAhead;
  /** The query that runs, or that ran last; none where that is one of our own in front of it. */
  #last: Handed | undefined;
  #failure: unknown;
  readonly #watchers = new Set<(error: Error) => void>();
  #released = false;
  #fail: (error: unknown) => void = () => {};
  /** Rejects when the connection is lost. */
  readonly lost: Promise<never>;

  private constructor(pool: Pool, connection: Connection, rules: Rules) {
    this.#pool = pool;
    this.#connection = connection;
    this.#rules = rules;
    this.#transaction = new TransactionAhead(connection.inTransaction);
    this.lost = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.lost.catch(() => {});
  }

  /** Waits for a connection, and has it until {@link Lease.release}. */
  static take(pool: Pool, rules: Rules): Promise<Lease> {
    return new Promise((resolve, reject) => {
      let lease: Lease | undefined;
      const task: Task = {
        start(connection) {
          lease = new Lease(pool, connection, rules);
          resolve(lease);
        },
        idle(connection) {
          if (lease === undefined) return;
          lease.#transaction.ended(lease.#last, connection);
          lease.#next();
        },
        lost(error, notBegun) {
          if (lease === undefined) reject(error);
          else lease.#lose(error);
          notBegun?.reject(error);
        },
        isDone() {
          if (lease === undefined) return false;
          return lease.#released && lease.#queue.length === 0;
        },
      };
      pool.submit(task);
    });
  }

  /** Whether a transaction is open, or has begun that the server knows nothing of. */
  get inTransaction(): boolean {
    return this.#connection.inTransaction || this.#transaction.isUnsent;
  }

  /** Whether the server has been reached on this connection. */
  get ready(): boolean {
    return this.#connection.ready;
  }

  /**
   * Begins a transaction with the first query that comes, and says whether it does. Not on a new connection: whether the
   * server can be reached is to be known before the application begins.
   */
  begins(text: string): boolean {
    const { ready, inTransaction } = this.#connection;
    if (!this.#rules.defersBegin || !ready || inTransaction || !isBegin(text)) return false;
    this.#transaction.begin(text, this.#rules.settings());
    return true;
  }

  /** Ends a transaction in which nothing was done, and says whether it was one. */
  endsUnsent(): boolean {
    const isUsed = this.#queue.length > 0 || this.#connection.busy;
    if (isUsed || !this.#transaction.isUnsent) return false;
    this.#transaction.forget();
    return true;
  }

  /** Runs a query after those before it. */
  run(query: Query): void {
    if (this.#failure !== undefined) query.reject(this.#failure);
    else if (this.#released) {
      query.reject(driverError('CONNECTION_RELEASED', 'This connection has been given back to the pool'));
    } else if (this.#connection.isCopying) query.reject(copyInProgress());
    else {
      const { textOf, settings } = this.#rules;
      this.#queue.push({ query: inItsScope(query), text: textOf(query), settings: settings() });
      this.#next();
    }
  }

  /** Gives the connection back after the queries that are waiting. `rollback` makes a ROLLBACK, in case. */
  release(rollback: () => Query): void {
    if (this.#released) return;
    this.#released = true;
    this.#rollback = rollback;
    this.#next();
  }

  #rollback: (() => Query) | undefined;

  /** The connection serves nobody after this one. */
  retire(): void {
    this.#connection.retire();
  }

  /** Calls `lose` as soon as the connection is lost, until the function it gives is called. */
  watch(lose: (error: Error) => void): () => void {
    this.#watchers.add(lose);
    return () => this.#watchers.delete(lose);
  }

  /** Closes the connection, whatever runs on it or waits to. */
  close(): void {
    this.#released = true;
    const left = this.#queue.length > 0 || this.#connection.isRunning;
    if (left) this.destroy(connectionError('CONNECTION_CLOSED', this.#connection.options));
    else this.#next();
  }

  /** Closes the connection without a word. What runs on it fails with `error`. */
  destroy(error: unknown): void {
    this.#connection.destroy(error);
  }

  #next(): void {
    if (this.#connection.busy || this.#failure !== undefined) return;
    for (let handed = this.#queue.shift(); handed !== undefined; handed = this.#queue.shift()) {
      const { query } = handed;
      const error = query.cancelled ? undefined : this.#check(handed);
      if (error !== undefined) query.reject(error);
      else if (!query.cancelled) {
        this.#send(handed);
        return;
      }
    }
    if (!this.#released) return;
    const rollback = this.#rollback;
    this.#rollback = undefined;
    // A transaction that somebody left open would go to whoever gets the connection next.
    if (this.#connection.inTransaction && rollback !== undefined) this.#connection.run(rollback());
    else this.#pool.release(this.#connection);
  }

  #check(handed: Handed): Error | undefined {
    const plan = this.#rules.planOf(handed.query);
    if (plan instanceof Error) return plan;
    const { text } = handed;
    const refused = this.#transaction.refusal(handed);
    if (refused !== undefined || isPlain(text)) return refused;
    return guard(plan, text, { inTransaction: this.inTransaction });
  }

  #send(handed: Handed): void {
    const ahead = this.#transaction.ahead(handed);
    if (ahead === undefined || travels(handed)) {
      this.#last = handed;
      const isShared = !movesSearchPath(this.#transaction.inForce(handed));
      this.#connection.run(handed.query, { ahead, isShared });
    } else this.#runBefore(handed, ahead[0] as AheadStatement);
  }

  /** Runs what cannot go in front of a query as one of our own, which takes that one along when it fails. */
  #runBefore(handed: Handed, { sql, parameters }: AheadStatement): void {
    const query = this.#rules.command(sql, parameters);
    const { reject } = query;
    query.catch(() => {});
    query.reject = (error) => {
      reject(error);
      if (this.#queue[0] === handed) this.#queue.shift();
      handed.query.reject(error);
    };
    this.#queue.unshift(handed);
    this.#last = undefined;
    this.#connection.run(query);
  }

  #lose(error: unknown): void {
    this.#failure = error;
    this.#fail(error);
    for (const lose of [...this.#watchers]) lose(error as Error);
    for (const { query } of this.#queue.splice(0)) query.reject(error);
  }
}
