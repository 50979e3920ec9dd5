import { currentSettings, guard, isCovered, isPlain, type Plan, type SettingsScope } from '@poolsafe/core';
import type { Connection } from './connection.ts';
import type { Query } from './driver.ts';
import { copyInProgress, driverError, otherSettings } from './errors-of-driver.ts';
import type { Pool, Task } from './pool.ts';

/** How a {@link Lease} looks at its queries. */
export interface Rules {
  planOf(query: Query): Plan | Error;
  textOf(query: Query): string;
}

/** A connection that one transaction or `reserve()` has to itself. Its queries run one after the other. */
export class Lease {
  readonly #pool: Pool;
  readonly #connection: Connection;
  readonly #rules: Rules;
  readonly #queue: Query[] = [];
  /** Those that its transaction began with. */
  #settings: SettingsScope | undefined;
  #failure: unknown;
  #released = false;
  #fail: (error: unknown) => void = () => {};
  /** Rejects when the connection is lost. */
  readonly lost: Promise<never>;

  private constructor(pool: Pool, connection: Connection, rules: Rules) {
    this.#pool = pool;
    this.#connection = connection;
    this.#rules = rules;
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
          if (lease !== undefined) lease.#next();
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

  /** Says with which settings the transaction begins that this is for. */
  beginWith(settings: SettingsScope | undefined): void {
    this.#settings = settings;
  }

  /** Runs a query after those before it. */
  run(query: Query): void {
    if (this.#failure !== undefined) query.reject(this.#failure);
    else if (!isCovered(currentSettings(), this.#settings)) query.reject(otherSettings());
    else if (this.#released) {
      query.reject(driverError('CONNECTION_RELEASED', 'This connection has been given back to the pool'));
    } else if (this.#connection.isCopying) query.reject(copyInProgress());
    else {
      this.#queue.push(query);
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
    for (let query = this.#queue.shift(); query !== undefined; query = this.#queue.shift()) {
      const error = query.cancelled ? undefined : this.#check(query);
      if (error !== undefined) query.reject(error);
      else if (!query.cancelled) {
        this.#connection.run(query);
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

  #check(query: Query): Error | undefined {
    const plan = this.#rules.planOf(query);
    if (plan instanceof Error) return plan;
    const text = this.#rules.textOf(query);
    return isPlain(text) ? undefined : guard(plan, text, { inTransaction: this.#connection.inTransaction });
  }

  #lose(error: unknown): void {
    this.#failure = error;
    this.#fail(error);
    for (const query of this.#queue.splice(0)) query.reject(error);
  }
}
