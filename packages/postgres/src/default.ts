import type { Plan, PoolsafeOptions } from '@poolsafe/core';
import type { LockKey, LockOptions } from '@poolsafe/core/direct';
import bare from 'postgres';
import { guardedPostgres } from './postgres.ts';

type Types = Record<string, bare.PostgresType>;

/** The values of custom types, as postgres.js infers them from the options. */
type ValuesOf<T extends Types> = Types extends T
  ? // biome-ignore lint/complexity/noBannedTypes: as in postgres.js.
    {}
  : {
      [Name in keyof T]: T[Name] extends {
        // biome-ignore lint/suspicious/noExplicitAny: as in postgres.js.
        serialize: (value: infer Value) => any;
        // biome-ignore lint/suspicious/noExplicitAny: as in postgres.js.
        parse: (raw: any) => infer Value;
      }
        ? Value
        : never;
    };

type Values = Record<string, unknown>;

/** What a single query, or each of a list of them, gives. */
type OutcomeOf<R> = R extends readonly unknown[] ? { [Index in keyof R]: Awaited<R[Index]> } : Awaited<R>;

/** What {@link postgres} returns. */
export type Sql<T extends Values = Record<never, never>> = bare.Sql<T> & Additions<T>;

/** `sql` on a connection to PostgreSQL itself that nobody else has. One thing after the other: it is one connection. */
export type SessionSql<T extends Values = Record<never, never>> = bare.ISql<T> &
  Pick<bare.Sql<T>, 'begin' | 'options'> & { readonly poolsafe: Plan };

/**
 * What runs while a lock is held, on the connection that holds it. `lost` is aborted, with the error of the
 * connection, when the lock is lost with it: somebody else may have it by then.
 */
export type LockedWork<TSql, R> = (sql: TSql, lost: AbortSignal) => R;

/** What a client has that one of postgres.js has not. */
interface Additions<T extends Values> {
  /** What poolsafe decided for the connections of this client. */
  readonly poolsafe: Plan;
  /**
   * Runs `work` with a connection to PostgreSQL itself, on which nothing is refused: temporary tables, SET, session
   * locks, `CREATE DATABASE`. It is a new connection, which is closed afterwards, so that nobody else gets what it
   * leaves behind. There are at most five at a time; who comes later waits.
   *
   * ```ts
   * const rows = await sql.session(async (sql) => {
   *   await sql`create temporary table chosen as select id from notes where done`
   *   return await sql`select * from notes join chosen using (id)`
   * })
   * ```
   *
   * Its options are those of this client, but for the address, which is that of `poolsafe.direct`.
   *
   * @throws ConfigError without `poolsafe.direct`, unless this client itself leads to where sessions are kept
   */
  session<R>(work: (sql: SessionSql<T>) => R): Promise<OutcomeOf<Awaited<R>>>;
  /**
   * Runs `work` while nobody else does who asks for a lock with the same key, in whichever process, scope and driver.
   * Waits for it by trying again, after pauses of up to a second, in which it holds no connection.
   *
   * ```ts
   * await sql.withAdvisoryLock('reports', async (sql) => {
   *   await sql`insert into reports select …`
   * })
   * ```
   *
   * With the scope `transaction`, `sql` is that of the transaction that holds the lock, which is committed when `work`
   * is done, or rolled back when it throws. With `session`, it is that of a {@link Additions.session}, in no
   * transaction. When the connection is lost the lock is too, and this rejects at once with the error of the
   * connection; `work` is told by its second argument, an AbortSignal. It cannot be nested with the same key.
   *
   * @throws ConfigError for a key that is none, and with the scope `session` as {@link Additions.session}
   */
  withAdvisoryLock<R>(
    key: LockKey,
    work: LockedWork<bare.TransactionSql<T>, R>,
    options: LockOptions & { readonly scope: 'transaction' },
  ): Promise<OutcomeOf<Awaited<R>>>;
  withAdvisoryLock<R>(
    key: LockKey,
    work: LockedWork<SessionSql<T>, R>,
    options: LockOptions & { readonly scope: 'session' },
  ): Promise<OutcomeOf<Awaited<R>>>;
  withAdvisoryLock<R>(
    key: LockKey,
    work: LockedWork<bare.ISql<T>, R>,
    options?: LockOptions,
  ): Promise<OutcomeOf<Awaited<R>>>;
}

/** The options of postgres.js, and {@link PoolsafeOptions} under the key `poolsafe`. */
export type Options<T extends Types = Record<never, never>> = bare.Options<T> & {
  poolsafe?: PoolsafeOptions | undefined;
};

/** The type of {@link postgres}: the overloads and the static members of postgres.js. */
export type Postgres = Omit<typeof bare, never> & {
  <T extends Types = Record<never, never>>(options?: Options<T>): Sql<ValuesOf<T>>;
  <T extends Types = Record<never, never>>(url: string, options?: Options<T>): Sql<ValuesOf<T>>;
};

/**
 * Drop-in for `postgres()` of [postgres.js](https://github.com/porsager/postgres) that is safe behind a
 * transaction-mode pooler: nothing is named where the pooler cannot keep it, statements that need a session are
 * refused before they are sent, each connection runs one query at a time, and losing a connection neither ends
 * the process nor lets a query hang.
 *
 * ```ts
 * import postgres from '@poolsafe/postgres'
 *
 * const sql = postgres(process.env.DATABASE_URL!, { max: 10 })
 * const notes = await sql`select * from notes where id = ${1}`
 * await sql.end()
 * ```
 *
 * Durations in the options are in seconds, as in postgres.js. `listen()`, `subscribe()` and
 * `session()` lead to `poolsafe.direct`.
 *
 * @throws ConfigError for an unusable URL, wrong or contradictory options, a startup parameter that the pooler
 * refuses. A refused statement rejects with a HazardError.
 */
const postgres: Postgres = Object.assign(guardedPostgres, bare) as never;

type Guarded<T extends Record<string, unknown>> = Sql<T>;
type GuardedOptions<T extends Types> = Options<T>;

/** The types as `postgres.Sql`, `postgres.Row` and so on. TypeScript has no shorter way to give a constant some. */
declare namespace postgres {
  type Sql<T extends Record<string, unknown> = Record<never, never>> = Guarded<T>;
  type Options<T extends Types = Record<never, never>> = GuardedOptions<T>;

  type ArrayParameter<T extends readonly Any[] = readonly Any[]> = bare.ArrayParameter<T>;
  type AuthNotImplementedError = bare.AuthNotImplementedError;
  type Column<T extends string> = bare.Column<T>;
  type ColumnInfo = bare.ColumnInfo;
  type ColumnList<T> = bare.ColumnList<T>;
  type ConnectionError = bare.ConnectionError;
  type ConnectionParameters = bare.ConnectionParameters;
  type Error = bare.Error;
  type EscapableArray = bare.EscapableArray;
  type ExecutionResult<T> = bare.ExecutionResult<T>;
  type Fragment = bare.Fragment;
  type GenericError = bare.GenericError;
  type Helper<T, U extends readonly Any[] = T[]> = bare.Helper<T, U>;
  type ISql<T extends Record<string, unknown> = Record<never, never>> = bare.ISql<T>;
  type JSONValue = bare.JSONValue;
  type LargeObject = bare.LargeObject;
  type ListenMeta = bare.ListenMeta;
  type ListenRequest = bare.ListenRequest;
  type MaybeRow = bare.MaybeRow;
  type NotSupportedError = bare.NotSupportedError;
  type Notice = bare.Notice;
  type Parameter<T = bare.SerializableParameter> = bare.Parameter<T>;
  type ParameterOrFragment<T> = bare.ParameterOrFragment<T>;
  type ParameterOrJSON<T> = bare.ParameterOrJSON<T>;
  type ParsedOptions<T extends Record<string, unknown> = Record<never, never>> = bare.ParsedOptions<T>;
  type PendingDescribeQuery = bare.PendingDescribeQuery;
  type PendingQuery<T extends readonly bare.MaybeRow[]> = bare.PendingQuery<T>;
  type PendingQueryModifiers<T extends readonly Any[]> = bare.PendingQueryModifiers<T>;
  type PendingRawQuery<T extends readonly bare.MaybeRow[]> = bare.PendingRawQuery<T>;
  type PendingRequest = bare.PendingRequest;
  type PendingValuesQuery<T extends readonly bare.MaybeRow[]> = bare.PendingValuesQuery<T>;
  type PostgresError = bare.PostgresError;
  type PostgresType<T = Any> = bare.PostgresType<T>;
  type RawRowList<T extends readonly Any[]> = bare.RawRowList<T>;
  type RelationInfo = bare.RelationInfo;
  type ReplicationEvent = bare.ReplicationEvent;
  type ReservedSql<T extends Record<string, unknown> = Record<never, never>> = bare.ReservedSql<T>;
  type ResultMeta<T extends number | null> = bare.ResultMeta<T>;
  type ResultQueryMeta<T extends number | null, U> = bare.ResultQueryMeta<T, U>;
  type Row = bare.Row;
  type RowList<T extends readonly Any[]> = bare.RowList<T>;
  type Serializable = bare.Serializable;
  type SerializableParameter<T = never> = bare.SerializableParameter<T>;
  type State = bare.State;
  type Statement = bare.Statement;
  type SubscriptionHandle = bare.SubscriptionHandle;
  type TransactionSql<T extends Record<string, unknown> = Record<never, never>> = bare.TransactionSql<T>;
  type Transform = bare.Transform;
  type UnsafeQueryOptions = bare.UnsafeQueryOptions;
  type ValuesRowList<T extends readonly Any[]> = bare.ValuesRowList<T>;
}

// biome-ignore lint/suspicious/noExplicitAny: the constraints and defaults of postgres.js.
type Any = any;

export default postgres;
