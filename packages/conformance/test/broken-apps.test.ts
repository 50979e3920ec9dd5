import { expect, inject, test } from 'vitest';
import { subject as pg } from '../../pg/test/subject.ts';
import { type App, cases, type Outcome, runCase, type Subject } from '../src/index.ts';
import { subject as brokenInProcess } from './broken-subject.ts';

const servers = inject('servers');
const [pooler] = servers.poolers;

function verdictOn(id: string, subject: Subject): Promise<Outcome> {
  const one = cases.find((candidate) => candidate.id === id);
  if (one === undefined || pooler === undefined) throw new Error(`There is no case "${id}".`);
  return runCase({ one, subject, side: 'safe', pooler }, servers);
}

type Migrate = NonNullable<App['migrate']>;

/** Applies everything each time, as long as nothing fails. */
const withoutJournal =
  (app: App): Migrate =>
  async (migrations) => {
    for (const { sql } of migrations) await app.query(sql).catch(() => {});
  };

/** Cases that hold with every library, or with pg: how an application could break there, and what is seen then. */
const broken: Readonly<Record<string, [change: (app: App) => Partial<App>, seen: Outcome]>> = {
  'at-once': [
    (app) => {
      let before: ReturnType<App['query']> | undefined;
      return {
        query(...asked) {
          const answer = before ?? app.query(...asked);
          before = app.query(...asked);
          return answer;
        },
      };
    },
    { verdict: 'wrong answer', detail: 'query 1 of 200 got the answer 0' },
  ],
  'at-once-failing': [
    (app) => ({ query: (...asked) => app.query(...asked).catch(() => []) }),
    { verdict: 'wrong answer', detail: 'query 5 of 200 has no error' },
  ],
  'at-once-unsendable': [
    (app) => ({ query: (...asked) => app.query(...asked).catch(() => new Promise(() => {})) }),
    { verdict: 'hang', detail: '1 of 200 never come' },
  ],
  values: [
    (app) => ({ query: (sql, values) => app.query(sql, values?.map(asJson)) }),
    { verdict: 'wrong answer', detail: '12345678901234567890.123456789 arrived as 12345678901234567000' },
  ],
  'lost-commits': [
    (app) => ({
      async transaction(work) {
        let result: Awaited<ReturnType<typeof work>> | undefined;
        const rolledBack = app.transaction(async (tx) => {
          result = await work(tx);
          throw new Error('rolled back');
        });
        await rolledBack.catch(() => {});
        return result as Awaited<ReturnType<typeof work>>;
      },
    }),
    { verdict: 'wrong answer', detail: '200 of 200 reported commits are not there' },
  ],
  'time-zone': [
    (app) => ({ query: (sql, values) => app.query(sql, values && ['2026-01-01T00:00:00']) }),
    { verdict: 'wrong answer', detail: '-9 hours off' },
  ],
  stream: [
    (app) => ({ stream: (sql, take) => app.query(`${sql} offset 1 limit ${take}`) }),
    { verdict: 'wrong answer', detail: 'the rows are not the first 25 of its own query' },
  ],
  cancel: [
    (app) => ({
      async cancel(sql, running) {
        app.query(sql).catch(() => {});
        await running;
        throw new DOMException('aborted', 'AbortError');
      },
    }),
    { verdict: 'wrong answer', detail: 'the query still runs, and no error' },
  ],
  migrations: [
    (app) => ({ migrate: withoutJournal(app) }),
    { verdict: 'wrong answer', detail: 'a migration is applied 3 times' },
  ],
  'migrations-failing': [
    (app) => ({ migrate: withoutJournal(app) }),
    { verdict: 'wrong answer', detail: 'a deployment did not fail' },
  ],
};

const asJson = (value: unknown) => (typeof value === 'string' ? String(Number(value)) : value);

for (const [id, [change, seen]] of Object.entries(broken)) {
  test(`${id} is not ok with an application that breaks there`, async () => {
    const safe: Subject['safe'] = (options) => {
      const app = pg.safe(options);
      return { ...app, ...change(app) };
    };
    const outcome = await verdictOn(id, { ...pg, supports: { ...pg.supports, migrate: true }, safe });
    expect(outcome).toEqual(seen);
  });
}

test.each([
  ['down-at-start', { verdict: 'wrong answer', detail: 'the query succeeded' }],
  ['query-wait-timeout', { verdict: 'wrong answer', detail: 'the query succeeded' }],
  ['end', { verdict: 'hang', detail: 'the process is still there 3 s after the end' }],
])('%s is not ok with a process that breaks there', async (id, seen) => {
  expect(await verdictOn(id, brokenInProcess)).toEqual(seen);
});

test('a lock that is left is a leak', async () => {
  const safe: Subject['safe'] = (options) => {
    const app = pg.bare(options);
    return { ...app, migrate: (migrations) => migrateUnderLock(app, migrations) };
  };
  const { verdict } = await verdictOn('migrations-failing', {
    ...pg,
    supports: { ...pg.supports, migrate: true },
    safe,
  });
  expect(verdict).toBe('leak');
});

/** Takes a session lock when it has failed, and never gives it back. */
async function migrateUnderLock(app: App, migrations: Parameters<Migrate>[0]): Promise<void> {
  try {
    for (const { sql } of migrations)
      await app.query(sql.replace('create table', 'create table if not exists'));
  } catch (error) {
    await app.query('select pg_advisory_lock((random() * 1e9)::int)');
    throw error;
  }
}
