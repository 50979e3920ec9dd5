import { movesSearchPath, otherSettings } from '@poolsafe/core';
import { Connection } from './connection.ts';
import type { MakeDriver, Options, Query } from './driver.ts';
import { connectionError, copyInProgress } from './errors-of-driver.ts';
import { aheadOf, type Handed } from './in-force.ts';
import type { StatementsConfig } from './statements.ts';

/** Work that takes a connection until it releases it. */
export interface Task {
  /** It has the connection, on which nothing runs. */
  start(connection: Connection): void;
  /** What it ran is done. */
  idle(connection: Connection): void;
  /**
   * The connection is gone, or there was none to be had. What was running has been told, but for a query of which
   * nothing can have run.
   */
  lost(error: unknown, notBegun?: Query): void;
  /** Whether it has nothing more to run. Asked while the connection runs nothing of it. */
  isDone(): boolean;
}

interface Held {
  readonly connection: Connection;
  /** When it is to be replaced: milliseconds since 1970. */
  expires: number;
  whenClosed: (() => void) | undefined;
  task: Task | undefined;
  timer: NodeJS.Timeout | undefined;
}

const longestTimer = 2 ** 31 - 1;

/** How long the end waits for the server to say what it is. Milliseconds. */
const patience = 1000;

/** A query that takes a connection for itself alone. */
class SingleQuery implements Task {
  readonly #pool: Pool;
  readonly #handed: Handed;

  constructor(pool: Pool, handed: Handed) {
    this.#pool = pool;
    this.#handed = handed;
  }

  start(connection: Connection): void {
    const { query, settings } = this.#handed;
    const ahead = aheadOf(this.#handed);
    // A transaction that was begun on the pool would keep them.
    const isForeign = ahead !== undefined && connection.inTransaction;
    if (isForeign) query.reject(otherSettings());
    if (isForeign || query.cancelled) this.#pool.release(connection);
    else connection.run(query, { ahead, isShared: !movesSearchPath(settings) });
  }

  idle(connection: Connection): void {
    this.#pool.release(connection);
  }

  lost(error: unknown, notBegun?: Query): void {
    if (notBegun === undefined) this.#handed.query.reject(error);
    else this.#pool.again(this);
  }

  isDone(): boolean {
    return true;
  }
}

/** The connections of one client. First come, first served. */
export class Pool {
  readonly #make: MakeDriver;
  readonly #options: Options;
  readonly #statements: StatementsConfig;
  readonly #held = new Map<Connection, Held>();
  /** Longest idle first. */
  readonly #idle = new Set<Held>();
  readonly #tasks: Task[] = [];
  #ended: Promise<void> | undefined;
  #whenEmpty: (() => void) | undefined;
  #failures = 0;
  #failedAt = 0;

  constructor(make: MakeDriver, options: Options, statements: StatementsConfig) {
    this.#make = make;
    this.#options = options;
    this.#statements = statements;
  }

  /** Gives `task` a connection: at once, or when it is its turn. */
  submit(task: Task): void {
    if (this.#ended !== undefined) {
      task.lost(connectionError('CONNECTION_ENDED', this.#options));
      return;
    }
    this.#tasks.push(task);
    this.#next();
    if (this.#tasks.at(-1) === task && this.#isCopying()) {
      this.#tasks.pop();
      task.lost(copyInProgress());
    }
  }

  /** Runs a query on whichever connection is free first. */
  run(handed: Handed): void {
    this.submit(new SingleQuery(this, handed));
  }

  /** Starts a task once more, before the others: what it ran has not begun. */
  again(task: Task): void {
    this.#tasks.unshift(task);
  }

  /** Cancels a query if it runs, and says whether it does. */
  cancel(query: Query): boolean {
    return [...this.#held.keys()].some((connection) => connection.cancel(query));
  }

  /** Takes a connection back from its task. */
  release(connection: Connection): void {
    const held = this.#held.get(connection);
    if (held === undefined) return;
    held.task = undefined;
    this.#failures = 0;
    const remaining = held.expires - Date.now();
    // A query that left a transaction open: with one connection, that is how its transactions are made.
    const isDirty = connection.inTransaction && this.#options.max > 1;
    if (connection.stale || isDirty || remaining <= 0) void connection.close();
    else {
      const { idle_timeout: seconds } = this.#options;
      const time = Math.min(seconds ? seconds * 1000 : longestTimer, remaining, longestTimer);
      held.timer = time < longestTimer ? setTimeout(() => this.#retire(held), time) : undefined;
      this.#idle.add(held);
    }
    this.#next();
  }

  /** Closes every connection there is, each after the work that has it. */
  async close(): Promise<void> {
    const closed = [...this.#held.values()].map((held) => {
      held.expires = 0;
      this.#hurry(held);
      return new Promise<void>((resolve) => {
        held.whenClosed = resolve;
      });
    });
    for (const held of [...this.#idle]) this.#retire(held);
    await Promise.all(closed);
  }

  /** Takes no more work, finishes what there is, and closes. After `timeout` seconds what is left fails. */
  end(timeout: number | null): Promise<void> {
    this.#ended ??= this.#end(timeout);
    return this.#ended;
  }

  async #end(timeout: number | null): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const empty = new Promise<void>((resolve) => {
      this.#whenEmpty = resolve;
      if (timeout !== null) timer = setTimeout(() => this.#destroy(), timeout * 1000);
    });
    // What was called before in the same turn still counts.
    await null;
    for (const held of this.#held.values()) this.#hurry(held);
    for (const held of [...this.#idle]) this.#retire(held);
    this.#next();
    await empty;
    clearTimeout(timer);
  }

  #destroy(): void {
    const error = connectionError('CONNECTION_DESTROYED', this.#options);
    for (const task of this.#tasks.splice(0)) task.lost(error);
    for (const connection of [...this.#held.keys()]) connection.destroy(error);
    this.#next();
  }

  /** For one that is about to be closed: who does not answer a question of our own is not waited for. */
  #hurry({ connection, task }: Held): void {
    connection.leave();
    const late = () => {
      if (connection.isProbing && task?.isDone()) {
        connection.destroy(connectionError('CONNECTION_CLOSED', this.#options));
      }
    };
    if (connection.isProbing) setTimeout(late, patience).unref();
  }

  /** Whether every connection waits for the application, which may be waiting for one of them. */
  #isCopying(): boolean {
    for (const { task, connection } of this.#held.values()) {
      if (!(task instanceof SingleQuery) || !connection.isCopying) return false;
    }
    return true;
  }

  /** Starts whatever can be started. */
  #next(): void {
    while (this.#tasks.length > 0) {
      const held = this.#take() ?? this.#open();
      if (held === undefined) return;
      const task = this.#tasks.shift() as Task;
      held.task = task;
      task.start(held.connection);
    }
    if (this.#whenEmpty === undefined) return;
    for (const held of [...this.#idle]) this.#retire(held);
    if (this.#held.size === 0) this.#whenEmpty();
  }

  #take(): Held | undefined {
    const [held] = this.#idle;
    if (held === undefined) return undefined;
    this.#idle.delete(held);
    clearTimeout(held.timer);
    return held;
  }

  #open(): Held | undefined {
    const { max, max_lifetime } = this.#options;
    if (this.#held.size >= max) return undefined;
    const seconds = typeof max_lifetime === 'function' ? max_lifetime() : max_lifetime;
    const connection = new Connection({
      make: this.#make,
      options: this.#options,
      statements: this.#statements,
      delay: this.#delay(),
      events: {
        idle: (connection) => this.#held.get(connection)?.task?.idle(connection),
        closed: (connection, error, notBegun) => this.#closed(connection, error, notBegun),
      },
    });
    const expires = seconds ? Date.now() + seconds * 1000 : Number.POSITIVE_INFINITY;
    const held: Held = { connection, expires, task: undefined, timer: undefined, whenClosed: undefined };
    this.#held.set(connection, held);
    return held;
  }

  /** How long a new connection waits before it logs in, after others failed to. Milliseconds. */
  #delay(): number {
    if (this.#failures === 0) return 0;
    const { backoff } = this.#options;
    const seconds = typeof backoff === 'function' ? backoff(this.#failures) : Number(backoff);
    return Math.max(0, this.#failedAt + seconds * 1000 - Date.now());
  }

  #retire(held: Held): void {
    this.#idle.delete(held);
    clearTimeout(held.timer);
    void held.connection.close();
  }

  #closed(connection: Connection, error: unknown, notBegun?: Query): void {
    const held = this.#held.get(connection);
    if (held === undefined) return;
    this.#held.delete(connection);
    this.#idle.delete(held);
    clearTimeout(held.timer);
    if (!connection.ready) {
      this.#failures += 1;
      this.#failedAt = Date.now();
    }
    held.task?.lost(error, notBegun);
    held.whenClosed?.();
    this.#next();
  }
}
