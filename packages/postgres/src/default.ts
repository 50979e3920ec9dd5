import type { Plan, PoolsafeOptions } from '@poolsafe/core';
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

/** What {@link postgres} returns. */
export type Sql<T extends Record<string, unknown> = Record<never, never>> = bare.Sql<T> & {
  /** What poolsafe decided for the connections of this client. */
  readonly poolsafe: Plan;
};

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
 * const sql = postgres(process.env.DATABASE_URL, { max: 10 })
 * const notes = await sql`select * from notes where id = ${1}`
 * await sql.end()
 * ```
 *
 * Durations in the options are in seconds, as in postgres.js. `listen()` and `subscribe()` use the connection
 * under `poolsafe.direct`.
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
