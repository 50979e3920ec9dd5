import type { PoolerUnderTest, Site } from './site.ts';
import type { App, AppOptions, Side, Subject, Supports } from './subject.ts';
import type { Verdict } from './verdict.ts';

/** What a case works with. Everything it opens is closed for it. */
export interface Context {
  readonly site: Site;
  readonly pooler: PoolerUnderTest;
  readonly subject: Subject;
  readonly side: Side;
  /** How often an event in the life of the pooler happens to the same process. */
  readonly rounds: number;
  /** Opens an application of the library under test. By default its pool has one connection. */
  app(options?: Partial<AppOptions>): App;
  /**
   * Runs `work` while somebody else holds the server connection that was used last. PgBouncer hands out the
   * one used last first, so this takes exactly the one that the application had.
   */
  elsewhere<T>(work: () => Promise<T>): Promise<T>;
}

/** The verdict that is declared for a pooler. */
export type Declared = (pooler: PoolerUnderTest) => Verdict;

/**
 * One thing that breaks, or does not. It runs against the bare library and against poolsafe, and both verdicts
 * must be the declared ones: a bare library that no longer breaks fails the suite as well.
 */
export interface Case {
  readonly id: string;
  /** As the first column of the matrix. */
  readonly title: string;
  readonly needs: readonly (keyof Supports)[];
  readonly bare: Declared;
  readonly safe: Declared;
  /** Milliseconds after which the verdict is `hang`. Default 10,000. */
  readonly deadline?: number;
  /** Settings of the pooler besides its own, in PgBouncer's units. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Ends without an error, and then the verdict is `ok`, or throws a `Finding` or what the library threw. */
  run(context: Context): Promise<void>;
}

/** An event in the life of a pooler, as `lifecycle.ts` brings it about. */
export interface LifecycleEvent {
  /** What the application is doing when it happens. */
  readonly during: 'idle' | 'transaction' | 'query';
  readonly event: 'client_idle_timeout' | 'pooler restart' | 'backend killed';
}

export const always =
  (verdict: Verdict): Declared =>
  () =>
    verdict;

/** For what poolers that track statements do differently. */
export const classicOrTracking =
  (classic: Verdict, tracking: Verdict): Declared =>
  (pooler) =>
    pooler.tracking ? tracking : classic;
