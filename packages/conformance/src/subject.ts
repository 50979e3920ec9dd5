import type { Declared } from './case.ts';
import type { Verdict } from './verdict.ts';

/** A row as the library gives it, columns by name. */
export type Row = Readonly<Record<string, unknown>>;

/** Something that runs SQL: a pool, a checked-out client or a transaction of the library under test. */
export interface Runner {
  /** As an application writes it: with postgres.js a tagged template, for example, which is prepared by default. */
  query(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
  /** The same through the library's own way to name a prepared statement. Only for SELECT. */
  named(name: string, sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

/** One application: a pool of the library under test. */
export interface App extends Runner {
  transaction<T>(work: (transaction: Runner) => Promise<T>): Promise<T>;
  /** A checked-out client, which people believe to be a session. */
  session<T>(work: (session: Runner) => Promise<T>): Promise<T>;
  /** Subscribes to a channel as the library's documentation says. */
  listen(channel: string, onNotification: () => void): Promise<void>;
  /** Reads with the library's own cursor or stream, a few rows at a time, and leaves it early after `take` rows. */
  stream?(sql: string, take: number): Promise<Row[]>;
  /**
   * Starts a query, cancels it through the library's own way as soon as `running` resolves, and fails with what
   * the query failed with: 57014, or the `AbortError` that some libraries give instead.
   */
  cancel?(sql: string, running: Promise<unknown>): Promise<void>;
  /** What a deployment does: applies with the library's own migrator what is not applied yet. */
  migrate?(migrations: readonly Migration[]): Promise<void>;
  /** Runs `work` while nobody else does with the same key: with a session lock, as people do, or poolsafe's own. */
  locked?<T>(key: number, work: () => Promise<T>): Promise<T>;
  end(): Promise<void>;
}

/** One migration. Names are in the order in which they apply, for example `0001_note`. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** How an application connects. */
export interface AppOptions {
  readonly url: string;
  /** Connections of the pool. */
  readonly max: number;
  /** Driver options that become startup parameters, in the driver's own spelling. */
  readonly startup?: Readonly<Record<string, unknown>>;
  /** The options under the key `poolsafe`; the bare library never sees them. */
  readonly poolsafe?: { readonly pooler?: string; readonly direct?: string };
  /** Whether it will have settings for each request, as {@link Subject.withSettings} has them. */
  readonly settings?: boolean;
}

/** What a library has. A case that needs what it has not is listed as not applicable, never run. */
export interface Supports {
  readonly named: boolean;
  readonly session: boolean;
  readonly listen: boolean;
  readonly startup: boolean;
  readonly stream: boolean;
  readonly cancel: boolean;
  readonly migrate: boolean;
  /** Settings for each request, as {@link Subject.withSettings}. */
  readonly settings: boolean;
  /** {@link App.locked}. */
  readonly lock: boolean;
  /** Makes a value that the library itself rejects as a parameter. Left out where there is none. */
  readonly unsendable?: (() => unknown) | undefined;
}

/**
 * A stack under test: the bare library and its poolsafe package behind the same small interface.
 *
 * ```ts
 * export const subject: Subject = {
 *   name: 'pg',
 *   module: import.meta.url,
 *   supports: {
 *     ...{ named: true, session: true, listen: true, startup: true, stream: true, cancel: true },
 *     ...{ migrate: false, settings: true, lock: true },
 *   },
 *   withSettings,
 *   bare: ({ url, max }) => appOf(new pg.Pool({ connectionString: url, max })),
 *   safe: ({ url, max }) => appOf(new Pool({ connectionString: url, max })),
 * }
 * ```
 */
export interface Subject {
  readonly name: string;
  /** The module that exports this object as `subject`: a case that may crash loads it in a process of its own. */
  readonly module: string;
  readonly supports: Supports;
  /**
   * Where the bare library does otherwise than the case declares for most, by the id of the case: a verdict for
   * all targets, PostgreSQL without a pooler included, or a function of the target.
   */
  readonly bareVerdicts?: Readonly<Record<string, Verdict | Declared>>;
  /** Runs the work of one request of a guarded application with settings in force. */
  readonly withSettings?: <T>(
    settings: Readonly<Record<string, string>>,
    work: () => Promise<T>,
  ) => Promise<T>;
  readonly bare: (options: AppOptions) => App;
  readonly safe: (options: AppOptions) => App;
}

/** Which side of a {@link Subject} runs. */
export type Side = 'bare' | 'safe';
