import { describe, expect, inject, test } from 'vitest';
import { subject as pg } from '../../pg/test/subject.ts';
import {
  type App,
  behindPooler,
  type Case,
  type ConformanceOptions,
  cases,
  conformance,
  type Servers,
  type Subject,
} from '../src/index.ts';

/** Four cases that differ in how they break: an error, a wrong answer, a leak, a crash. */
const chosen = cases.filter(({ id }) =>
  ['named-elsewhere', 'named-other-sql', 'session-set-leaked', 'restart-idle'].includes(id),
);
const servers: Servers = {
  ...inject('servers'),
  poolers: inject('servers').poolers.filter(({ name }) => name === '1.18'),
  others: [],
};

/** Runs the suite with a runner that only collects, and returns what each test failed with. */
async function failures(
  subject: Subject,
  only: readonly Case[] = chosen,
  options: Partial<ConformanceOptions> = {},
): Promise<Record<string, string>> {
  const tests: [name: string, run: () => Promise<void>][] = [];
  const targets = ['1.18'];
  const test = (name: string, run: () => Promise<void>) => tests.push([name, run]);
  conformance({ test, subject, servers, cases: only, targets, ...options });
  const failed: Record<string, string> = {};
  for (const [name, run] of tests) {
    await run().catch((error: Error) => {
      failed[name.split(' | ').slice(2).join(' | ')] = error.message;
    });
  }
  return failed;
}

const only = (...ids: readonly string[]): Case[] => cases.filter(({ id }) => ids.includes(id));
const direct = { targets: ['direct'] };
const neverAnswering = (app: App): App => ({ ...app, query: () => new Promise(() => {}) });
const throwing = (app: App): App => ({
  ...app,
  async query(...asked) {
    setImmediate(() => {
      throw new Error('nobody catches this');
    });
    return app.query(...asked);
  },
});

function namesOf(options: Partial<ConformanceOptions> & Pick<ConformanceOptions, 'subject'>): string[] {
  const names: string[] = [];
  conformance({ test: (name) => names.push(name), servers, cases: chosen, ...options });
  return names;
}

describe('the suite', () => {
  test('passes on a subject that is as declared', async () => {
    expect(await failures(pg)).toEqual({});
  });

  test('fails on a subject that is not safe', async () => {
    const unsafe: Subject = { ...pg, module: import.meta.resolve('./unsafe-subject.ts'), safe: pg.bare };
    const failed = await failures(unsafe);
    expect(Object.keys(failed)).toEqual(chosen.map(({ title }) => `${title} | safe`));
    expect(Object.values(failed)).toEqual([
      'declared "ok", seen "error": 26000 prepared statement "find_public" does not exist',
      'declared "ok", seen "wrong answer": wanted "item 2", got ["secret 2"]',
      'declared "refused", seen "leak": another client reads tenant 1',
      expect.stringMatching(/^declared "ok", seen "crash": the process ended in round 1: /),
    ]);
  });

  test('fails on a bare library that no longer breaks', async () => {
    const failed = await failures({ ...pg, bare: pg.safe }, chosen.slice(0, 3));
    expect(Object.keys(failed)).toEqual(chosen.slice(0, 3).map(({ title }) => `${title} | bare`));
  });

  test('says hang where nothing comes back', async () => {
    const silent: Subject = { ...pg, safe: (options) => neverAnswering(pg.safe(options)) };
    const quick = chosen
      .filter(({ id }) => id === 'session-set-leaked')
      .map((one) => ({ ...one, deadline: 300 }));
    expect(Object.values(await failures(silent, quick))).toEqual([
      'declared "refused", seen "hang": nothing after 300 ms',
    ]);
  });

  test('says crash where an error is thrown that nobody catches', async () => {
    const loud: Subject = { ...pg, safe: (options) => throwing(pg.safe(options)) };
    expect(Object.values(await failures(loud, only('url-keys')))).toEqual([
      'declared "ok", seen "crash": thrown where nobody catches: nobody catches this',
    ]);
  });

  test('registers no test for what the subject does not have', () => {
    const poor: Subject = { ...pg, supports: { ...pg.supports, named: false } };
    const names = namesOf({ subject: poor, targets: ['1.18'] });
    expect(names.map((name) => name.split(' | ')[2])).not.toContain(chosen[0]?.title);
    expect(names).toHaveLength(4);
  });

  test('runs without a pooler too, except for what needs one', () => {
    const names = namesOf({ subject: pg });
    const there = names.filter((name) => name.includes(' | direct | ')).map((name) => name.split(' | ')[2]);
    expect([...new Set(there)]).toEqual(chosen.slice(0, 3).map(({ title }) => title));
    expect(names).toHaveLength(8 + 6);
  });

  test('runs what is declared for a pooler', () => {
    const { others = [] } = inject('servers');
    const names = namesOf({
      subject: pg,
      servers: { ...servers, others },
      targets: ['odyssey-off'],
      sides: ['safe'],
    });
    expect(names).toEqual(chosen.slice(0, 2).map(({ title }) => `pg | odyssey-off | ${title} | safe`));
  });

  test('runs on one side alone', () => {
    const names = namesOf({ subject: pg, targets: ['direct'], sides: ['safe'] });
    expect(names).toEqual(chosen.slice(0, 3).map(({ title }) => `pg | direct | ${title} | safe`));
  });

  test('without a pooler, fails on what is not ok with poolsafe', async () => {
    const forgetful: Subject = { ...pg, safe: ({ poolsafe: _, ...options }) => pg.safe(options) };
    expect(await failures(pg, chosen, direct)).toEqual({});
    expect(Object.values(await failures(forgetful, only('session-set-leaked'), direct))).toEqual([
      expect.stringMatching(/^declared "ok", seen "refused": POOLSAFE_SESSION_SET /),
    ]);
  });

  test('does not pass for want of a pooler, or of a target that is asked for', () => {
    const none = { ...servers, poolers: [] };
    expect(() => namesOf({ subject: pg, servers: none })).toThrow('no pooler');
    expect(() => namesOf({ subject: pg, targets: ['1.19'] })).toThrow(
      'no target "1.19" in the conformance suite, only 1.18, direct',
    );
  });
});

describe('verdicts of a bare library of its own', () => {
  const [one] = only('session-set-leaked');

  test('are the declared ones, for all targets or for some', async () => {
    const safer = { ...pg, bare: pg.safe };
    const everywhere: Subject = { ...safer, bareVerdicts: { 'session-set-leaked': 'ok' } };
    const refused: Subject = { ...safer, bareVerdicts: { 'session-set-leaked': behindPooler('refused') } };
    expect(await failures(everywhere, only('session-set-leaked'), { targets: ['1.18', 'direct'] })).toEqual({
      [`${one?.title} | bare`]: expect.stringMatching(/^declared "ok", seen "refused"/),
    });
    expect(await failures(refused, only('session-set-leaked'), { targets: ['1.18', 'direct'] })).toEqual({});
  });

  test('fail the suite when they do not hold', async () => {
    const wrong: Subject = { ...pg, bareVerdicts: { 'session-set-leaked': 'crash' } };
    expect(await failures(wrong, only('session-set-leaked'))).toEqual({
      [`${one?.title} | bare`]: 'declared "crash", seen "leak": another client reads tenant 1',
    });
  });

  test('are in the results, with what was seen', async () => {
    const declared: Subject = { ...pg, bareVerdicts: { 'session-set-leaked': 'hang' } };
    const runs: (() => Promise<void>)[] = [];
    const test = (_: string, run: () => Promise<void>) => runs.push(run);
    const results = conformance({ test, subject: declared, servers, cases: only('session-set-leaked') });
    for (const run of runs) await run().catch(() => {});
    expect(results.map(({ pooler, side, declared, verdict }) => [pooler, side, declared, verdict])).toEqual([
      ['1.18', 'bare', 'hang', 'leak'],
      ['1.18', 'safe', 'refused', 'refused'],
      ['direct', 'bare', 'hang', 'ok'],
      ['direct', 'safe', 'ok', 'ok'],
    ]);
  });

  test('are for cases that there are', () => {
    const misspelt: Subject = { ...pg, bareVerdicts: { 'session-set-leeked': 'ok' } };
    expect(() => namesOf({ subject: misspelt })).toThrow('There is no case "session-set-leeked"');
  });
});
