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
import pg from 'pg';
import { guardedClient, share } from './guarded-client.ts';
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
}

type Callback = (error: unknown, result?: unknown) => unknown;

class GuardedPool extends pg.Pool {
  readonly poolsafe: Plan;
  readonly #statements: SharedStatements;

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
    const { poolsafe } = new (guardedClient(pg.Client))(withoutStream(options)) as pg.Client & {
      poolsafe: Plan;
    };
    super(options);
    this.poolsafe = poolsafe;
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

/** A spread would lose what pg makes non-enumerable, for example the password in the options of another pool. */
function copyOf(config: PoolConfig | undefined): PoolConfig {
  return Object.defineProperties({}, Object.getOwnPropertyDescriptors(config ?? {}));
}

function withoutStream(options: PoolConfig): PoolConfig {
  return Object.defineProperties(copyOf(options), {
    stream: { value: undefined },
    connection: { value: undefined },
  });
}
