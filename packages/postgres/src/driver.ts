import type { Socket } from 'node:net';
import type postgres from 'postgres';

/** A query as postgres.js makes it. What is not in its types is private, and used in `query.ts` and `connection.ts` only. */
export interface Query extends Promise<unknown> {
  strings: readonly string[];
  readonly args: readonly unknown[];
  readonly options: { prepare?: boolean; simple?: boolean; poolsafe?: unknown };
  readonly origin: string;
  handler: Handler;
  canceller: ((query: Query) => unknown) | null;
  /** The key to cancel with, once the query has been given to a connection. */
  state: { readonly pid: number | null; readonly secret: number } | null;
  active: boolean;
  cancelled: unknown;
  executed: boolean;
  streaming?: boolean;
  onlyDescribe?: boolean;
  /** The error that the driver fails it with, where it would run it again by itself. */
  retried?: unknown;
  parameters: unknown[] | undefined;
  string: string | undefined;
  /** Whether it is sent under a name. */
  prepare?: boolean;
  /** Under which the driver remembers what it has prepared: types and text. `false` where it does not prepare. */
  signature: string | false;
  statement: { readonly types: readonly number[] } | null;
  cursorFn: ((rows: unknown) => unknown) | undefined;
  forEachFn?: ((...given: unknown[]) => unknown) | undefined;
  resolve(value: unknown): void;
  reject(error: unknown): void;
  execute(): this;
}

/** Takes a query that is to run. postgres.js reads `debug` of it to decide how much it says of a query in errors. */
export interface Handler {
  (query: Query): void;
  debug?: unknown;
}

/** The options as postgres.js has parsed them: its `sql.options`. */
export interface Options extends Omit<postgres.ParsedOptions, 'backoff' | 'max_lifetime' | 'debug'> {
  readonly max: number;
  readonly connection: Record<string, string>;
  readonly backoff: number | ((attempt: number) => number);
  readonly max_lifetime: number | null | (() => number | null);
  readonly sslnegotiation?: string | null;
  readonly debug?: unknown;
  readonly onclose: (id: number) => void;
  readonly socket?: ((options: Options) => RawSocket | Promise<RawSocket>) | undefined;
}

/** A socket, or what stands for one: a tunnel, for example. */
export type RawSocket = Socket;

/** What postgres.js returns, with what its types leave out. */
export type Driver = postgres.Sql & {
  readonly options: Options;
  close(): Promise<void>;
};

/** `postgres()` as it is called here: with options that are parsed already, it takes them as they are. */
export type MakeDriver = (url?: unknown, options?: unknown) => Driver;
