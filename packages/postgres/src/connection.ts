import { setTimeout as sleep } from 'node:timers/promises';
import {
  isGone,
  isOfFunction,
  isOutdated,
  isRefused,
  isUnknownToPooler,
  outOfScope,
  reportConnectionError,
} from '@poolsafe/core';
import { Ahead, type AheadStatement } from './ahead.ts';
import type { Handler, MakeDriver, Options, Query } from './driver.ts';
import { DriverSocket } from './driver-socket.ts';
import { connectionError, driverError, postgresError, withQuery } from './errors-of-driver.ts';
import { type CopyStream, fillHint, follow, isPreparable, onBuilt } from './query.ts';
import { isFatal } from './server-messages.ts';
import { type Host, openSocket, sendCancelRequest } from './socket.ts';
import { Statements, type StatementsConfig, sendAgain } from './statements.ts';

/** What a {@link Connection} tells the pool. */
export interface ConnectionEvents {
  /** It can take the next query. */
  idle(connection: Connection): void;
  /** It is gone, and never comes back. What was running has been told, but for a query that has not begun. */
  closed(connection: Connection, error: unknown, notBegun?: Query): void;
}

/** What a {@link Connection} is made of. */
export interface ConnectionConfig {
  readonly make: MakeDriver;
  readonly options: Options;
  readonly events: ConnectionEvents;
  readonly statements: StatementsConfig;
  /** How long it waits before it connects. Milliseconds. */
  readonly delay: number;
}

/** Routines of PostgreSQL after which the driver runs a statement again by itself. */
const retried: ReadonlySet<unknown> = new Set([
  'FetchPreparedStatement',
  'RevalidateCachedQuery',
  'transformAssignedExpr',
]);

/** How long the server may take to close a connection that it was asked to close. Milliseconds. */
const goodbye = 2000;

let count = 0;

/**
 * One connection, which runs one query at a time: postgres.js with a pool of one that is never used again after
 * its connection is gone. Its own pool gives a connection back while a transaction still holds it, and keeps
 * what a lost connection left behind for the next query.
 */
export class Connection {
  /** Whether the login is done. */
  ready = false;
  readonly #driver: ReturnType<MakeDriver>;
  /** Gives a query to the driver's own pool of one. */
  readonly #give: Handler;
  readonly #options: Options;
  /** As the driver has them, which reads `prepare` of them whenever it makes a query. */
  readonly #live: { prepare: boolean };
  readonly #statements: Statements;
  readonly #events: ConnectionEvents;
  readonly #hosts: Host[];
  readonly #abort = new AbortController();
  #host: Host;
  #delay: number;
  #id: number;
  #socket: DriverSocket | undefined;
  #status = 'I';
  #query: Query | undefined;
  /** What goes in front of the query. */
  #ahead: Ahead | undefined;
  /** Of the query, where it is a COPY. */
  #copy: CopyStream | undefined;
  /** A query that runs once more, since nothing of it has run. */
  #again: Query | undefined;
  #cancelling: Promise<void> | undefined;
  /** The server is done with the query, and the driver may not be. */
  #settling = false;
  /** Something was run since it last looked what is on the other side. */
  #mayProbe = false;
  #probing = false;
  #leaving = false;
  #pid = 0;
  /** The driver may ask for another ReadyForQuery after the one that ends the query: a turn later. */
  #mayAsk = false;
  /** The driver has counted rows of a query that failed, and would leave as many places empty in the next result. */
  #miscounts = false;
  /** What the server said before it closed the connection. */
  #fatal: unknown;
  #open = true;
  #ending = false;
  #deadline: NodeJS.Timeout | undefined;

  constructor({ make, options, events, statements, delay }: ConnectionConfig) {
    count += 1;
    this.#id = count;
    this.#options = options;
    this.#events = events;
    this.#delay = delay;
    this.#hosts = options.host.map((host, i) => ({ host, port: options.port[i] as number }));
    this.#host = this.#hosts[0] as Host;
    this.#statements = new Statements(statements);
    const live = {
      ...options,
      prepare: false,
      max: 1,
      // Timers of the pool, which knows what is in a transaction.
      idle_timeout: null,
      max_lifetime: null,
      connect_timeout: null,
      ssl: false,
      no_subscribe: true,
      socket: () => this.#connect(),
      onclose: undefined,
      debug: this.#debug(options.debug),
    };
    this.#live = live;
    this.#driver = make(live);
    this.#give = (this.#driver.unsafe('') as unknown as Query).handler;
  }

  /** Whether the server has said that a transaction is open. Exact while nothing runs. */
  get inTransaction(): boolean {
    return this.#status !== 'I';
  }

  /** Whether something of a query is still under way. */
  get busy(): boolean {
    const isWaiting = this.#settling || this.#probing;
    return isWaiting || (this.#query ?? this.#again ?? this.#cancelling) !== undefined;
  }

  /** Whether it looks what is on the other side. The query before has been answered. */
  get isProbing(): boolean {
    return this.#probing;
  }

  /** Whether the driver keeps too much that is out of date, so that a new connection is better. */
  get stale(): boolean {
    return this.#statements.overfull;
  }

  /** Whether it waits for the application to write or read the rest of a COPY, which may be for ever. */
  get isCopying(): boolean {
    return this.#copy !== undefined && !this.#copy.writableEnded && !this.#copy.destroyed;
  }

  /** Whether what was to go in front of the last query was sent. Where it failed, nothing of the query has run. */
  get wentAhead(): boolean {
    return this.#ahead?.isSent === true;
  }

  /**
   * Runs a query. Nothing else must be running. What goes in front of it is part of its transaction: one with several
   * statements in its text, or a COPY that the driver sends as such, must not have anything there.
   */
  run(query: Query, ahead?: readonly AheadStatement[]): void {
    follow(query, {
      onError: (error) => this.#onError(query, error),
      onCopy: (stream) => {
        this.#copy = stream;
      },
      onLeft: () => {
        // The server goes on sending, and nobody reads it.
        if (this.#query === query) this.#lose(connectionError('CONNECTION_CLOSED', this.#options));
      },
      // The Sync of the extended protocol came too early, and the driver sends no other: the COPY has no end.
      onUnasked: () => this.#lose(driverError('COPY_WITHOUT_STREAM', 'COPY … FROM STDIN needs .writable()')),
    });
    onBuilt(query, (signature) => {
      // A message of the simple protocol would be skipped behind an error, and then nobody answers it.
      if (ahead !== undefined) query.options.simple = false;
      this.#ahead = ahead && new Ahead(ahead);
      const { key, salt } = this.#statements.choose(query, signature);
      if (this.#socket !== undefined) Object.assign(this.#socket, { salt, ahead: this.#ahead });
      return key;
    });
    this.#start(query);
  }

  /** Cancels what it is running, if that is `query`, and says whether it is. */
  cancel(query: Query): boolean {
    if (query !== this.#query) return false;
    if (query.state === null) {
      // Still at the login.
      this.#lose(driverError('57014', 'canceling statement due to user request'));
      return true;
    }
    // Until the server has answered, the request could hit the next query.
    this.#cancelling = sendCancelRequest(this.#options, this.#host, query.state)
      .catch(reportConnectionError)
      .then(() => {
        this.#cancelling = undefined;
        this.#settle();
      });
    return true;
  }

  /** It will be closed when its work is done, so that there is nothing more to find out. */
  leave(): void {
    this.#leaving = true;
  }

  /** Closes it. Nothing must be running. */
  async close(): Promise<void> {
    this.#ending = true;
    if (!this.#open) return;
    // The server need not answer to a goodbye.
    const late = setTimeout(() => this.#lose(connectionError('CONNECTION_CLOSED', this.#options)), goodbye);
    await this.#driver.end();
    clearTimeout(late);
  }

  /** Closes it now. What it is running fails with `error`. */
  destroy(error: unknown): void {
    this.#ending = true;
    this.#lose(error);
  }

  #start(query: Query): void {
    this.#query = query;
    this.#ahead = undefined;
    this.#mayProbe = true;
    this.#mayAsk = query.onlyDescribe === true;
    const { connect_timeout: seconds } = this.#options;
    if (!this.ready && seconds) {
      const late = () => this.#lose(connectionError('CONNECT_TIMEOUT', this.#options));
      this.#deadline = setTimeout(late, this.#delay + seconds * 1000);
    }
    // Once it is open, the driver makes the query at once. Its own are never prepared.
    this.#live.prepare = this.ready && isPreparable(query);
    // What it opens a connection for is over before that connection is.
    if (this.ready) this.#give(query);
    else outOfScope(() => this.#give(query));
    this.#live.prepare = false;
  }

  /** Called by the driver for each attempt to log in: with several hosts, it may not like the first. */
  async #connect(): Promise<DriverSocket> {
    const { signal } = this.#abort;
    if (this.#delay > 0) await sleep(this.#delay, undefined, { signal }).catch(() => {});
    this.#delay = 0;
    let last: unknown = connectionError('CONNECTION_CLOSED', this.#options);
    for (let host = this.#hosts.shift(); host !== undefined && this.#open; host = this.#hosts.shift()) {
      try {
        this.#host = host;
        return this.#watch(await openSocket(this.#options, host, signal), host);
      } catch (error) {
        last = error;
      }
    }
    this.#lose(last);
    // Told of a failure, the driver would try again, for ever.
    return new Promise(() => {});
  }

  #watch(raw: ConstructorParameters<typeof DriverSocket>[0], host: Host): DriverSocket {
    const socket = new DriverSocket(raw, {
      ready: (status) => this.#onReady(status),
      parsed: () => this.#statements.parsed(),
      bound: () => this.#statements.bound(),
      completed: (tag) => this.#statements.completed(tag),
      error: (fields, afterRows) => this.#onErrorResponse(fields, afterRows),
      closed: (error) => {
        this.#lose(this.#fatal ?? error ?? connectionError('CONNECTION_CLOSED', this.#options));
      },
    });
    this.#socket = Object.assign(socket, host);
    if (!this.#open) socket.destroy();
    return socket;
  }

  #onReady(status: string): void {
    this.#status = status;
    this.ready = true;
    clearTimeout(this.#deadline);
    // Before the driver has begun with the query it has questions of its own, such as for the types of arrays.
    if (!this.#settling && (this.#query === undefined || this.#query.state === null)) return;
    if (status === 'I') this.#statements.idle();
    this.#pid = this.#query?.state?.pid ?? this.#pid;
    this.#query = undefined;
    this.#copy = undefined;
    this.#settling = true;
    // The driver has not seen the message yet.
    queueMicrotask(() => (this.#mayAsk ? setImmediate(() => this.#settle()) : this.#settle()));
  }

  #onErrorResponse(fields: ReadonlyMap<string, string>, afterRows: boolean): void {
    this.#miscounts ||= afterRows;
    const ownQuestion = this.#query?.state === null;
    const error = () => postgresError(this.#driver.PostgresError, fields);
    if (!isFatal(fields) && !ownQuestion) {
      // The driver would run it again with parameters that are serialised already, unless it has done so.
      if (retried.has(fields.get('R')) && this.#query) this.#query.retried = error();
      return;
    }
    this.#fatal = error();
    // The driver would reject a promise that nobody has, or keep the error for the next query.
    this.#lose(this.#fatal);
  }

  /** What a query that failed is told, or nothing when it runs again. */
  #onError(query: Query, given: unknown): unknown {
    this.#mayAsk = true;
    const isOfServer = (given as { severity_local?: unknown } | null)?.severity_local !== undefined;
    // Before it was sent, or in the middle of its rows: what the driver asks for next is not to be relied on.
    if (!isOfServer && (query.state === null || query.cursorFn !== undefined)) this.#lose(given);
    const wasLost = isOfServer && this.#losesStatement(query, given as object);
    this.#statements.failed();
    if (!wasLost || this.inTransaction || !this.#open) return given;
    this.#again = sendAgain(query);
    return undefined;
  }

  /** Whether a statement was refused since it is not there, or not what it was, before anything of it has run. */
  #losesStatement(query: Query, error: object): boolean {
    if (!this.#statements.hasNotBegun || this.#ahead?.failed) return false;
    if (isOfFunction(error)) return false;
    if (isGone(error)) this.#statements.lost();
    else if (this.#statements.isUnread) return false;
    else if (isOutdated(error)) this.#statements.outdated(query);
    else return isRefused(error);
    return true;
  }

  /** Nothing of the query is under way any more, so the next one may come. */
  #settle(): void {
    if (!this.#open || this.#query !== undefined || this.#cancelling !== undefined) return;
    if (this.#socket?.isAsked || this.#probing) return;
    this.#settling = false;
    const again = this.#again;
    this.#again = undefined;
    if (again !== undefined) this.#start(again);
    else if (this.#miscounts && !this.inTransaction) this.#recount();
    else if (this.#wantsProbe) void this.#probe();
    else this.#events.idle(this);
  }

  get #wantsProbe(): boolean {
    if (!this.#mayProbe || this.#leaving || this.inTransaction) return false;
    return this.#statements.wantsProbe && this.#socket?.isQuiet === true;
  }

  /** Before the next query, and behind the answer to the one before: nothing is pipelined. */
  async #probe(): Promise<void> {
    this.#mayProbe = false;
    this.#probing = true;
    const socket = this.#socket as DriverSocket;
    // Signed, as PostgreSQL has it: that of a pooler is any number.
    await this.#statements.probe(this.#pid | 0, (request) => socket.ask(request));
    this.#probing = false;
    this.#settle();
  }

  /** The end of any statement sets the driver's count to 0; in a transaction that failed, the ROLLBACK does. */
  #recount(): void {
    this.#miscounts = false;
    const query = this.#driver.unsafe('select 1') as unknown as Query;
    query.executed = true;
    query.catch(() => {});
    this.#start(query);
  }

  #lose(error: unknown): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#deadline);
    this.#abort.abort();
    this.#socket?.destroy();
    const query = this.#query ?? this.#again;
    const notBegun = this.#handedBack(query, error);
    if (query !== undefined) {
      withQuery(error, query, this.#options.debug);
      if (notBegun === undefined) query.reject(error);
    } else if (!this.#ending) {
      fillHint(error);
      reportConnectionError(error);
    }
    this.#events.closed(this, error, notBegun);
    this.#options.onclose?.(this.#id);
  }

  /** The query, where the pooler closed the connection instead of handing it on. */
  #handedBack(query: Query | undefined, error: unknown): Query | undefined {
    if (query === undefined || !this.#statements.hasNotBegun || this.inTransaction) return undefined;
    if (!isUnknownToPooler((error ?? {}) as object)) return undefined;
    this.#statements.lost();
    fillHint(error);
    return sendAgain(query);
  }

  /** The number under which `debug` knows a connection is the one that `onclose` gets. */
  #debug(debug: unknown): unknown {
    if (typeof debug !== 'function') return debug;
    return (id: number, ...rest: unknown[]) => {
      this.#id = id;
      debug(id, ...rest);
    };
  }
}
