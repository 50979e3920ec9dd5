import bare from 'pg';
import { Client as GuardedClient, type ClientConfig as GuardedClientConfig } from './client.ts';
import { nativeRefused } from './native.ts';
import { Pool as GuardedPool, type PoolConfig as GuardedPoolConfig } from './pool.ts';

type Guarded = Omit<typeof bare, 'Client' | 'Pool' | 'native'> & {
  Client: typeof GuardedClient;
  Pool: typeof GuardedPool;
  /** @throws ConfigError: pg-native cannot be guarded. */
  readonly native: never;
};

/** What `import pg from 'pg'` gives, with the guarded Pool and Client. */
const pg: Guarded = Object.defineProperty({ ...bare, Client: GuardedClient, Pool: GuardedPool }, 'native', {
  enumerable: false,
  get() {
    throw nativeRefused('`native` was asked for');
  },
}) as never;

/** The types as `pg.Pool`, `pg.PoolClient` and so on. TypeScript has no shorter way to give a constant some. */
declare namespace pg {
  type Client = GuardedClient;
  type ClientConfig = GuardedClientConfig;
  type Pool = GuardedPool;
  type PoolConfig = GuardedPoolConfig;

  type BindConfig = bare.BindConfig;
  type ClientBase = bare.ClientBase;
  type Connection = bare.Connection;
  type ConnectionConfig = bare.ConnectionConfig;
  type CustomTypesConfig = bare.CustomTypesConfig;
  type DatabaseError = bare.DatabaseError;
  type Defaults = bare.Defaults;
  type Events = bare.Events;
  type ExecuteConfig = bare.ExecuteConfig;
  type FieldDef = bare.FieldDef;
  type MessageConfig = bare.MessageConfig;
  type Notification = bare.Notification;
  type PoolClient = bare.PoolClient;
  type PoolOptions = bare.PoolOptions;
  type Query = bare.Query;
  type QueryArrayConfig<I = Values> = bare.QueryArrayConfig<I>;
  type QueryArrayResult<R extends unknown[] = Values> = bare.QueryArrayResult<R>;
  type QueryConfig<I = Values> = bare.QueryConfig<I>;
  type QueryConfigValues<T> = bare.QueryConfigValues<T>;
  type QueryParse = bare.QueryParse;
  type QueryResult<R extends QueryResultRow = Row> = bare.QueryResult<R>;
  type QueryResultBase = bare.QueryResultBase;
  type QueryResultRow = bare.QueryResultRow;
  type Result = bare.Result;
  type ResultBuilder<R extends QueryResultRow = Row> = bare.ResultBuilder<R>;
  type Submittable = bare.Submittable;
  type TypeOverrides = bare.TypeOverrides;
}

// biome-ignore lint/suspicious/noExplicitAny: the defaults of pg's own types.
type Row = any;
// biome-ignore lint/suspicious/noExplicitAny: the defaults of pg's own types.
type Values = any[];

export default pg;
