import type { Site, Target } from './site.ts';
import type { App, AppOptions, Side, Subject, Supports } from './subject.ts';
import type { Verdict } from './verdict.ts';

/** What a case works with. Everything it opens is closed for it. */
export interface Context {
  readonly site: Site;
  readonly pooler: Target;
  readonly subject: Subject;
  readonly side: Side;
  /** How often an event in the life of the pooler happens to the same process. */
  readonly rounds: number;
  /** How an application connects here: a pool of one connection, and poolsafe is told where there is no pooler. */
  readonly options: AppOptions;
  /** Opens an application of the library under test, by default with {@link Context.options}. */
  app(options?: Partial<AppOptions>): App;
  /**
   * Runs `work` while somebody else holds the server connection that was used last. PgBouncer hands out the
   * one used last first, so this takes exactly the one that the application had. Without a pooler it is simply
   * another session.
   */
  elsewhere<T>(work: () => Promise<T>): Promise<T>;
  /** Runs `work` while four other clients take and give back server connections all the time. */
  amidTraffic<T>(work: () => Promise<T>): Promise<T>;
}

/** The verdict that is declared for a target. */
export type Declared = (target: Target) => Verdict;

/**
 * One thing that breaks, or does not. It runs against the bare library and against poolsafe, and both verdicts
 * must be the declared ones: a bare library that no longer breaks fails the suite as well.
 */
export interface Case {
  readonly id: string;
  /** As the first column of the matrix. */
  readonly title: string;
  readonly needs: readonly (keyof Supports)[];
  /** Why there is nothing to see without a pooler, where that is so. Everything else also runs without one. */
  readonly needsPooler?: string;
  readonly bare: Declared;
  /** Behind a pooler. Without one it is always `ok`. */
  readonly safe: Declared;
  /** Milliseconds after which the verdict is `hang`. Default 10,000. */
  readonly deadline?: number;
  /** Settings of the pooler besides its own, in PgBouncer's units. An Odyssey has `default_pool_size` alone. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Ends without an error, and then the verdict is `ok`, or throws a `Finding` or what the library threw. */
  run(context: Context): Promise<void>;
}

/** An event in the life of a connection, as `lifecycle.ts` brings it about. */
export interface LifecycleEvent {
  /** What the application is doing when it happens. */
  readonly during: 'start' | 'idle' | 'before a query' | 'transaction' | 'query';
  readonly event:
    | 'client_idle_timeout'
    | 'pooler restart'
    | 'pooler down'
    | 'backend killed'
    | 'server connection taken';
  /** What the error of its work must say. Default: whatever becomes of it. */
  readonly failsWith?: RegExp;
  /** Whether with poolsafe the very next query must work. Default: one of the next 20, within 2 s. */
  readonly recovers?: 'at once';
}

/** The same for every target. */
export const always =
  (verdict: Verdict): Declared =>
  () =>
    verdict;

/** What happens behind each pooler, and without one. */
export const behindPooler =
  (verdict: Verdict, direct: Verdict = 'ok'): Declared =>
  ({ row }) =>
    row === 'direct' ? direct : verdict;

/** An Odyssey that does not track statements discards them between two transactions, instead of leaving them behind. */
export const whereDiscarded =
  (verdict: Verdict, elsewhere: Declared): Declared =>
  (target) =>
    target.row === 'odyssey' && !target.tracking ? verdict : elsewhere(target);

/** For what poolers that track statements do differently. PostgreSQL without a pooler keeps them too. */
export const classicOrTracking =
  (classic: Verdict, tracking: Verdict): Declared =>
  (target) =>
    target.tracking ? tracking : classic;
