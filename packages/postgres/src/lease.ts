import { guard, isPlain, type Plan, type SettingsScope } from '@poolsafe/core';
import type { Connection } from './connection.ts';
import type { Query } from './driver.ts';
import { copyInProgress, driverError } from './errors-of-driver.ts';
import { type Handed, inItsScope, TransactionSettings, travels } from './in-force.ts';
import type { Pool, Task } from './pool.ts';

/** How a {@link Lease} looks at its queries. */
export interface Rules {
  planOf(query: Query): Plan | Error;
  textOf(query: Query): string;
  /** The settings in force where this is called. */
  settings(): SettingsScope | undefined;
  /** A query of our own. */
  command(text: string, parameters?: readonly string[]): Query;
}

/** A connection that one transaction or `reserve()` has to itself. Its queries run one after the other. */
export class Lease {
  readonly #pool: Pool;
  readonly #connection: Connection;
  readonly #rules: Rules;
  readonly #queue: Handed[] = [];
  readonly #settings: TransactionSettings;
  /** The query that runs, or that ran last. */
  #last: Handed | undefined;
  #failure: unknown;
  #released = false;
  #fail: (error: unknown) => void = () => {};
  /** Rejects when the connection is lost. */
  readonly lost: Promise<never>;

  private constructor(pool: Pool, connection: Connection, rules: Rules) {
    this.#pool = pool;
    this.#connection = connection;
    this.#rules = rules;
    this.#settings = new TransactionSettings(connection.inTransaction);
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
        idle() {
          if (lease === undefined) return;
          lease.#ended();
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

  /** Whether the server has been reached on this connection. */
  get ready(): boolean {
    return this.#connection.ready;
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
    const refused = this.#settings.refusal(handed);
    if (refused !== undefined || isPlain(text)) return refused;
    return guard(plan, text, { inTransaction: this.#connection.inTransaction });
  }

  #send(handed: Handed): void {
    const ahead = this.#settings.ahead(handed);
    if (ahead === undefined || travels(handed)) {
      this.#last = handed;
      this.#connection.run(handed.query, ahead);
    } else this.#runBefore(handed, ahead[0] as SettingsScope);
  }

  /** Sets what cannot go in front of a query by a query of its own, which takes that one along when it fails. */
  #runBefore(handed: Handed, { sql, parameters }: SettingsScope): void {
    const query = this.#rules.command(sql, parameters);
    const { reject } = query;
    query.catch(() => {});
    query.reject = (error) => {
      reject(error);
      this.#queue.shift();
      handed.query.reject(error);
    };
    this.#queue.unshift(handed);
    this.#last = undefined;
    this.#settings.sent();
    this.#connection.run(query);
  }

  #ended(): void {
    if (this.#connection.wentAhead) this.#settings.sent();
    if (this.#last !== undefined) this.#settings.ended(this.#last, this.#connection.inTransaction);
  }

  #lose(error: unknown): void {
    this.#failure = error;
    this.#fail(error);
    for (const { query } of this.#queue.splice(0)) query.reject(error);
  }
}
