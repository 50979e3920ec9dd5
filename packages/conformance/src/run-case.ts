import pg from 'pg';
import type { Case, Context } from './case.ts';
import { openSite, type PoolerUnderTest, type Servers, type Site } from './site.ts';
import type { App, Side, Subject } from './subject.ts';
import { Finding, type Outcome, outcomeOf } from './verdict.ts';

/** One run: which case, of which library, on which side, through which pooler. */
export interface Run {
  readonly one: Case;
  readonly subject: Subject;
  readonly side: Side;
  readonly pooler: PoolerUnderTest;
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
  const { name: _, ...spec } = run.pooler.spec;
  const settings = { ...spec.settings, ...run.one.settings };
  await using site = await openSite(servers.postgres, { ...spec, settings });
  return await runCaseAt(run, site);
}

/** The same at a site that is there already. */
export async function runCaseAt(run: Run, site: Site): Promise<Outcome> {
  const { one, subject, side, pooler, rounds = 1 } = run;
  const apps: App[] = [];
  const context: Context = {
    site,
    pooler,
    subject,
    side,
    rounds,
    app(options) {
      const app = endedOnce(subject[side]({ url: site.url, max: 1, ...options }));
      apps.push(app);
      return app;
    },
    elsewhere: (work) => elsewhere(site, work),
  };
  try {
    await withDeadline(one.run(context), one.deadline ?? 10_000);
    return { verdict: 'ok', detail: '' };
  } catch (error) {
    return outcomeOf(error);
  } finally {
    // An application that hangs does not end either; its connections go with the pooler.
    await Promise.all(apps.map((app) => withDeadline(app.end(), 2_000).catch(() => {})));
  }
}

async function elsewhere<T>(site: Site, work: () => Promise<T>): Promise<T> {
  const helper = new pg.Client({ connectionString: site.url });
  await helper.connect();
  try {
    await helper.query('begin');
    await helper.query('select 1');
    const result = await work();
    await helper.query('rollback');
    return result;
  } finally {
    await helper.end();
  }
}

async function withDeadline<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Finding('hang', `nothing after ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
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
