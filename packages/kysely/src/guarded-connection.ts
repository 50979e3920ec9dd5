import { guard, isPlain, type Plan } from '@poolsafe/core';
import { CompiledQuery, type DatabaseConnection, type QueryResult } from 'kysely';

/** How a driver stops what a connection of it runs. */
interface Stop {
  /** Sends the protocol's CancelRequest. Resolves when the server has acted on it. */
  cancel(): Promise<void>;
  /** Closes the connection, whatever runs. */
  close(): Promise<void>;
}

const guarded = new WeakMap<DatabaseConnection, GuardedConnection>();

/** A connection of kysely whose queries can be cancelled behind a pooler, and that comes back without a transaction. */
export class GuardedConnection {
  readonly #plan: Plan;
  readonly #execute: (query: CompiledQuery) => Promise<unknown>;
  #running = false;
  /** Settles when nothing that stops a query is under way any more. */
  #stopping: Promise<unknown> = Promise.resolve();
  /** What was executed since the connection was acquired. */
  #count = 0;
  #last: string | undefined;

  constructor(connection: DatabaseConnection, plan: Plan, stop: Stop) {
    const { executeQuery, streamQuery } = connection;
    guarded.set(connection, this);
    this.#plan = plan;
    this.#execute = (query) => executeQuery.call(connection, query);
    const cancel = () => (this.#running ? stop.cancel() : Promise.resolve());
    // Properties of this one object, in front of the methods that ask PostgreSQL for a pid.
    Object.assign(connection, {
      cancelQuery: () => this.#stop(cancel()),
      collectSessionInfo: async () => {},
      executeQuery: <R>(...given: Parameters<typeof executeQuery>) =>
        this.#run(given[0].sql, () => executeQuery.apply(connection, given) as Promise<QueryResult<R>>),
      killSession: () => this.#stop(cancel().finally(() => stop.close())),
      streamQuery: <R>(...given: Parameters<typeof streamQuery>) => {
        this.#count += 1;
        this.#last = undefined;
        return streamQuery.apply(connection, given) as AsyncIterableIterator<QueryResult<R>>;
      },
    } satisfies Partial<DatabaseConnection>);
  }

  static of(connection: DatabaseConnection): GuardedConnection | undefined {
    return guarded.get(connection);
  }

  /** The only statement since the connection was acquired: the BEGIN of a transaction in which nothing was done. */
  get only(): string | undefined {
    return this.#count === 1 ? this.#last : undefined;
  }

  acquired(): void {
    this.#count = 0;
  }

  /**
   * Waits until the connection can be given to somebody else. Throws a HazardError, and rolls back, when the only
   * statement since it was acquired has begun a transaction: whatever was to be part of that goes elsewhere.
   */
  async releasing(): Promise<void> {
    await this.#stopping;
    if (this.only === undefined || isPlain(this.only)) return;
    const error = guard(this.#plan, this.only, { inTransaction: false, onPool: true });
    if (error === undefined) return;
    await this.#execute(CompiledQuery.raw('rollback'));
    throw error;
  }

  async #run<T>(sql: string, execute: () => Promise<T>): Promise<T> {
    // A cancel request would hit this instead.
    await this.#stopping;
    this.#count += 1;
    this.#last = undefined;
    this.#running = true;
    try {
      const result = await execute();
      this.#last = sql;
      return result;
    } finally {
      this.#running = false;
    }
  }

  #stop(stopping: Promise<void>): Promise<void> {
    this.#stopping = Promise.allSettled([this.#stopping, stopping]);
    return stopping;
  }
}
