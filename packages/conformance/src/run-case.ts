import type { Case, Context } from './case.ts';
import { withDeadline } from './deadline.ts';
import { amidTraffic, elsewhere } from './others.ts';
import { openSite, type PoolerSpec, type Servers, type Site, type Target } from './site.ts';
import type { App, AppOptions, Side, Subject } from './subject.ts';
import { watchUncaught } from './uncaught.ts';
import { type Outcome, outcomeOf } from './verdict.ts';

/** One run: which case, of which library, on which side, through which pooler or none. */
export interface Run {
  readonly one: Case;
  readonly subject: Subject;
  readonly side: Side;
  readonly pooler: Target;
  /** How often a lifecycle event happens to the same process. Default 1. */
  readonly rounds?: number;
}

/**
 * Runs a case through a pooler of its own, in a database of its own, and says what became of it. Never rejects
 * because of what the case does: that is the verdict.
 *
 * ```ts
 * const { verdict, detail } = await runCase({ one, subject, side: 'bare', pooler }, servers)
 * ```
 */
export async function runCase(run: Run, servers: Servers): Promise<Outcome> {
  using uncaught = watchUncaught();
  const outcome = await runInSite(run, servers);
  // A bare library that hung may also throw when its connections are closed; poolsafe may not.
  if (uncaught.crash === undefined || run.side === 'bare') return outcome;
  return outcomeOf(uncaught.crash);
}

async function runInSite(run: Run, servers: Servers): Promise<Outcome> {
  await using site = await openSite(servers.postgres, specOf(run));
  return await runCaseAt(run, site);
}

function specOf({ one, pooler }: Run): PoolerSpec | undefined {
  if (pooler.spec === undefined) return undefined;
  const { name: _, ...spec } = pooler.spec;
  const poolSize = one.settings?.default_pool_size;
  if (!('version' in spec)) return { ...spec, ...(poolSize !== undefined && { poolSize: Number(poolSize) }) };
  return { ...spec, settings: { ...spec.settings, ...one.settings } };
}

/** The same at a site that is there already. */
export async function runCaseAt(run: Run, site: Site): Promise<Outcome> {
  const { one, subject, side, pooler, rounds = 1 } = run;
  const apps: App[] = [];
  // What a direct connection is, nothing but the application knows.
  const told = pooler.row === 'direct' ? { poolsafe: { pooler: 'direct' } } : {};
  const options: AppOptions = { url: site.url, max: 1, ...told };
  const context: Context = {
    site,
    pooler,
    subject,
    side,
    rounds,
    options,
    app(own) {
      const app = endedOnce(subject[side]({ ...options, ...own }));
      apps.push(app);
      return app;
    },
    elsewhere: (work) => elsewhere(site, work),
    amidTraffic: (work) => amidTraffic(site, work),
  };
  using uncaught = watchUncaught();
  try {
    await withDeadline(Promise.race([one.run(context), uncaught.crashed]), one.deadline ?? 10_000);
    return { verdict: 'ok', detail: '' };
  } catch (error) {
    return outcomeOf(error);
  } finally {
    // An application that hangs does not end either; its connections go with the pooler.
    await Promise.all(apps.map((app) => withDeadline(app.end(), 2_000).catch(() => {})));
  }
}

/** A case may end an application itself. */
function endedOnce(app: App): App {
  let ended: Promise<void> | undefined;
  return {
    ...app,
    end() {
      ended ??= app.end();
      return ended;
    },
  };
}
