import { describe, expect, inject, test } from 'vitest';
import { subject as pg } from '../../pg/test/subject.ts';
import { type App, type Case, cases, conformance, type Servers, type Subject } from '../src/index.ts';

/** Four cases that differ in how they break: an error, a wrong answer, a leak, a crash. */
const chosen = cases.filter(({ id }) =>
  ['named-elsewhere', 'named-other-sql', 'session-set-leaked', 'restart-idle'].includes(id),
);
const servers: Servers = {
  ...inject('servers'),
  poolers: inject('servers').poolers.filter(({ name }) => name === '1.18'),
};

/** Runs the suite with a runner that only collects, and returns what each test failed with. */
async function failures(subject: Subject, only: readonly Case[] = chosen): Promise<Record<string, string>> {
  const tests: [name: string, run: () => Promise<void>][] = [];
  conformance({ test: (name, run) => tests.push([name, run]), subject, servers, cases: only });
  const failed: Record<string, string> = {};
  for (const [name, run] of tests) {
    await run().catch((error: Error) => {
      failed[name.split(' | ').slice(2).join(' | ')] = error.message;
    });
  }
  return failed;
}

const neverAnswering = (app: App): App => ({ ...app, query: () => new Promise(() => {}) });

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

  test('registers no test for what the subject does not have', () => {
    const names: string[] = [];
    const poor: Subject = { ...pg, supports: { ...pg.supports, named: false } };
    conformance({ test: (name) => names.push(name), subject: poor, servers, cases: chosen });
    expect(names.map((name) => name.split(' | ')[2])).not.toContain(chosen[0]?.title);
    expect(names).toHaveLength(4);
  });

  test('does not pass for want of a pooler', () => {
    const none = { ...servers, poolers: [] };
    expect(() => conformance({ test: () => {}, subject: pg, servers: none })).toThrow('no pooler');
  });
});
