import {
  configError,
  currentSettings,
  guard,
  inScope,
  type Plan,
  type PoolsafeOptions,
  policyOf,
  refusedWithSettings,
  type SharedStatements,
} from '@poolsafe/core';
import type { LockKey, LockOptions } from '@poolsafe/core/direct';
import pg from 'pg';
import type { LockedWork } from './advisory-lock.ts';
import type { Client } from './client.ts';
import { copyOf, withoutStream } from './copied-options.ts';
import type { DirectLane } from './direct-lane.ts';
import { guardedClient, share } from './guarded-client.ts';
import type { ListenHandler, Listening, ListenOptions } from './listener.ts';
import { isHarmless, isSubmittable, refuse, textOf } from './query-forms.ts';
import { hasNotBegun } from './statement-query.ts';

/** The options of the Pool of `pg`, and {@link PoolsafeOptions} under the key `poolsafe`. */
export interface PoolConfig extends pg.PoolConfig {
  poolsafe?: PoolsafeOptions | undefined;
}

/** What the open connections of a {@link Pool} have found on the other side. Nothing is sent to learn it. */
export interface Capabilities {
  /** How many have looked: each does with its first statement outside of a transaction. */
  readonly connections: number;
  /** How many of them keep named statements. */
  readonly kept: number;
  /** How many of them lead to PostgreSQL itself. */
  readonly direct: number;
}

/** Instances of {@link Pool}. */
export interface Pool extends pg.Pool {
  /** What poolsafe decided for the connections of this pool. */
  readonly poolsafe: Plan;
  /**
   * What the open connections have found on the other side.
   *
   * ```ts
   * await pool.query('select 1')
   * pool.capabilities() // { connections: 1, kept: 1, direct: 0 }: a pooler that tracks statements
   * ```
   */
  capabilities(): Capabilities;
  /**
   * Runs `work` with a connection to PostgreSQL itself, on which nothing is refused: temporary tables, SET, session
   * locks, `CREATE DATABASE`. It is a new connection, which is closed afterwards, so that nobody else gets what it
   * leaves behind. There are at most five at a time; who comes later waits, as long as `connectionTimeoutMillis` says.
   *
   * ```ts
   * const rows = await pool.session(async (client) => {
   *   await client.query('create temporary table chosen as select id from notes where done')
   *   return (await client.query('select * from notes join chosen using (id)')).rows
   * })
   * ```
   *
   * Its options are those of this pool, but for the address, which is that of `poolsafe.direct`.
   *
   * @throws ConfigError without `poolsafe.direct`, unless this pool itself leads to where sessions are kept
   */
  session<T>(work: (client: Client) => T): Promise<Awaited<T>>;
  /**
   * Calls `handler` with what is sent on a channel, from when the promise resolves until `unlisten()`. One connection
   * to PostgreSQL itself serves all channels of this pool. When it is lost it is made again, for as long as it takes:
   * after 100 ms, then twice as long each time, up to 30 s. What was sent in the meantime is lost, which `onGap` and
   * the diagnostics channel `poolsafe:listen-gap` say.
   *
   * ```ts
   * const listening = await pool.listen('notes', (payload) => refresh(payload), {
   *   onGap: () => refreshAll(),
   * })
   * await listening.unlisten()
   * ```
   *
   * It keeps the process alive, as an idle connection does. What `handler` throws is an uncaught exception, as in a
   * listener for `notification` of pg.
   *
   * @throws ConfigError as {@link Pool.session}, and for a name of more than 63 bytes. When the first connection
   * cannot be made, its error: only what was listened to once is tried again.
   */
  listen(channel: string, handler: ListenHandler, options?: ListenOptions): Promise<Listening>;
  /**
   * Runs `work` while nobody else does who asks for a lock with the same key, in whichever process and scope. Waits
   * for it by trying again, after pauses of up to a second, in which it holds no connection.
   *
   * ```ts
   * await pool.withAdvisoryLock('reports', async (client) => {
   *   await client.query('insert into reports select …')
   * })
   * ```
   *
   * With the scope `transaction`, `client` is in the transaction that holds the lock, which is committed when `work`
   * is done, or rolled back when it throws. With `session`, it is on a connection as from {@link Pool.session}, and in
   * no transaction. When the connection is lost the lock is too, and this rejects at once with the error of the
   * connection; `work` is told by its second argument, an AbortSignal. It cannot be nested with the same key.
   *
   * @throws ConfigError for a key that is none, and with the scope `session` as {@link Pool.session}
   */
  withAdvisoryLock<T>(key: LockKey, work: LockedWork<T>, options?: LockOptions): Promise<Awaited<T>>;
}

type Callback = (error: unknown, result?: unknown) => unknown;

class GuardedPool extends pg.Pool {
  readonly poolsafe: Plan;
  readonly #statements: SharedStatements;
  /** Where it leads, for the direct lane. */
  readonly #host: string;
  #lane: Promise<DirectLane> | undefined;

  constructor(config?: PoolConfig) {
    if (typeof config === 'string') {
      throw configError(
        'A Pool takes options, and was given a string.',
        'new Pool({ connectionString: url })',
      );
    }
    const options = copyOf(config);
    options.Client = guardedClient((options.Client ?? pg.Client) as typeof pg.Client) as never;
    // Only a client knows what pg makes of options, URL, environment and defaults. Nothing connects here.
    const { poolsafe, host } = new (guardedClient(pg.Client))(withoutStream(options)) as pg.Client & {
      poolsafe: Plan;
    };
    super(options);
    this.poolsafe = poolsafe;
    this.#host = host;
    this.#statements = share(this.options, poolsafe);
    // The client has reported the error already. Without a listener it would end the process.
    this.on('error', () => {});
  }

  capabilities(): Capabilities {
    const found = [...this.#statements.found.values()];
    return {
      connections: found.length,
      kept: found.filter(({ statements }) => statements === 'kept').length,
      direct: found.filter(({ direct }) => direct).length,
    };
  }

  session<T>(work: (client: Client) => T): Promise<Awaited<T>> {
    return this.#session('pool.session()', work);
  }

  async #session<T>(what: string, work: (client: Client) => T): Promise<Awaited<T>> {
    if (this.ending) throw afterEnd();
    const lane = await this.#direct();
    return await lane.session(what, work);
  }

  async listen(channel: string, handler: ListenHandler, options?: ListenOptions): Promise<Listening> {
    if (this.ending) throw afterEnd();
    const lane = await this.#direct();
    return lane.listen(channel, handler, options);
  }

  /** Most pools never need it, so that it is loaded when it is first used. */
  #direct(): Promise<DirectLane> {
    const owner = { options: this.options, plan: this.poolsafe, target: { host: this.#host } };
    this.#lane ??= import('./direct-lane.ts').then(({ DirectLane }) => new DirectLane(owner));
    return this.#lane;
  }

  async withAdvisoryLock<T>(key: LockKey, work: LockedWork<T>, options?: LockOptions): Promise<Awaited<T>> {
    const lanes = {
      plan: this.poolsafe,
      connect: () => this.connect() as Promise<pg.PoolClient>,
      session: <R>(inside: (client: Client) => R) =>
        this.#session("pool.withAdvisoryLock() with `scope: 'session'`", inside),
    };
    const { withAdvisoryLock } = await import('./advisory-lock.ts');
    return await withAdvisoryLock(lanes, key, work, options);
  }

  // biome-ignore lint/suspicious/noExplicitAny: the overloads stay those of pg, see the exported type.
  override end(callback?: any): any {
    if (this.#lane === undefined) return super.end(callback);
    const lane = this.#lane.then((opened) => opened.end());
    const ended = Promise.all([super.end(), lane]).then(() => {});
    if (typeof callback !== 'function') return ended;
    const call = (error?: unknown) => process.nextTick(callback, error);
    ended.then(() => call(), call);
    return undefined;
  }

  /** A client that is free calls back, and whoever released it has other settings in force, or none. */
  // biome-ignore lint/suspicious/noExplicitAny: the overloads stay those of pg, see the exported type.
  override connect(callback?: any): any {
    return super.connect(typeof callback === 'function' ? inScope(callback) : callback);
  }

  // biome-ignore lint/suspicious/noExplicitAny: the overloads stay those of pg, see the exported type.
  override query(query: any, ...rest: any[]): any {
    const text = textOf(query);
    if (text === undefined) return super.query.apply(this, [query, ...rest] as never);
    const settings = currentSettings(this.poolsafe.settings);
    const refused = settings && refusedWithSettings(text, { inTransaction: !settings.mattersAlone });
    if (refused !== undefined) return refuse(refused, ...rest);
    if (isHarmless(query, text)) return this.#send(query, rest);
    // Refused here rather than by the client, since pg-pool closes the connection of a query that failed.
    const plan = policyOf(this.poolsafe, (query as { poolsafe?: unknown }).poolsafe);
    const error = plan instanceof Error ? plan : guard(plan, text, { inTransaction: false, onPool: true });
    return error === undefined ? this.#send(query, rest) : refuse(error, ...rest);
  }

  /** What a pooler would not even begin is sent again on another connection: it has closed the one it was on. */
  #send(query: unknown, rest: unknown[]): unknown {
    const send = inScope(
      (...others: unknown[]) => super.query.apply(this, [query, ...others] as never) as unknown,
    );
    if (this.poolsafe.naming === 'never' || isSubmittable(query)) return send(...rest);
    const callback = rest.find((given) => typeof given === 'function') as Callback | undefined;
    if (callback === undefined) {
      const sent = send(...rest) as Promise<unknown>;
      return sent.catch((error) => (hasNotBegun(error) ? send(...rest) : Promise.reject(error)));
    }
    const once: Callback = (error, result) => (hasNotBegun(error) ? send(...rest) : callback(error, result));
    return send(...rest.map((given) => (given === callback ? once : given)));
  }
}

/**
 * Drop-in for the `Pool` of [pg](https://node-postgres.com/apis/pool) that is safe behind a transaction-mode
 * pooler: no statement is named where the pooler cannot keep it, statements that need a session are refused
 * before they are sent, and losing a connection never ends the process. A lost connection is published on the
 * diagnostics channel `poolsafe:connection-error`.
 *
 * ```ts
 * import { Pool } from '@poolsafe/pg'
 *
 * const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 10 })
 * const { rows } = await pool.query('select * from notes where id = $1', [1])
 * await pool.end()
 * ```
 *
 * Durations in the options are in milliseconds, as in `pg`.
 *
 * @throws ConfigError from the constructor: unusable URL, wrong or contradictory options, a startup parameter
 * that the pooler refuses, `pg-native`. A refused statement rejects (or calls back) with a HazardError.
 */
export const Pool: Omit<typeof pg.Pool, 'prototype'> & {
  new (config?: PoolConfig): Pool;
  readonly prototype: Pool;
} = GuardedPool;

/** The words of pg, for what pg does not know. */
function afterEnd(): Error {
  return new Error('Cannot use a pool after calling end on the pool');
}
