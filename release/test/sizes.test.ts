import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cost, isOver, measure } from '../src/cost.ts';
import { importsOf, sizeOf } from '../src/entry-size.ts';
import { differences, sizesPage } from '../src/sizes-page.ts';

const cost: Cost = {
  name: '@poolsafe/core',
  initial: 22_900,
  lazy: 0,
  ms: 5.1,
  budget: { kB: 23, ms: 10 },
};

describe('an entry point', () => {
  let folder: string;
  const entry = () => ({ name: 'made', folder, file: join(folder, 'index.js') });
  /** Text that gzip cannot shorten much. */
  const text = (from: number) => Array.from({ length: 400 }, (_, i) => Math.sin(from + i)).join();

  const installed = (name: string, from: number) => {
    const installedIn = join(folder, 'node_modules', name);
    mkdirSync(installedIn, { recursive: true });
    writeFileSync(join(installedIn, 'index.js'), `export default '${text(from)}'`);
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'poolsafe-sizes-'));
    installed('pg', 2000);
    installed('dependency', 3000);
    writeFileSync(
      join(folder, 'index.js'),
      `import fs from 'node:fs'; import pg from 'pg'; import dependency from 'dependency'; import { own } from './own.js';
       export const all = [fs, pg, dependency, own]; export const later = () => import('./later.js')`,
    );
    writeFileSync(join(folder, 'own.js'), `export const own = '${text(0)}'`);
    writeFileSync(join(folder, 'later.js'), `export const later = '${text(1000)}'`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('has its files and dependencies in its size, what is loaded later apart, and no peers', async () => {
    const { initial, lazy } = await sizeOf(entry());
    expect(lazy).toBeGreaterThan(2500);
    expect(initial / lazy).toBeGreaterThan(1.8);
    expect(initial / lazy).toBeLessThan(2.2);
  });

  test('names what has to be loaded before it', async () => {
    expect([...(await importsOf(entry()))].sort()).toEqual(['dependency', 'node:fs', 'pg']);
  });

  test('without a budget is an error', async () => {
    await expect(measure('core', { '.': { kB: 23, ms: 10 } }, 0)).rejects.toThrow('exports ., ./direct');
  });
});

test.each([
  [{}, false],
  [{ initial: 23_001 }, true],
  [{ ms: 10.1 }, true],
  [{ lazy: 50_000 }, false],
])('%j is over its budget: %j', (changed, over) => {
  expect(isOver({ ...cost, ...changed })).toBe(over);
});

describe('the page', () => {
  const parts = [['reading SQL', 9000]] as const;
  const frame = 'before\n<!-- costs -->\n<!-- /costs -->\nbetween\n<!-- parts -->\n<!-- /parts -->\nafter\n';
  const page = (...costs: readonly Cost[]) => sizesPage(frame, costs, { parts, machine: 'Node 1' });

  test('keeps what is written by hand', () => {
    expect(
      page(cost)
        .split('\n')
        .filter((line) => /^\w+$/.test(line)),
    ).toEqual(['before', 'between', 'after']);
    expect(page(cost)).toContain('| `@poolsafe/core` | 22.9 |  | 23 | 5.1 | 10 |');
    expect(sizesPage(page(cost), [cost], { parts, machine: 'Node 1' })).toBe(page(cost));
  });

  test.each([
    ['another time', [{ ...cost, ms: 9 }], []],
    ['what zlib makes of it elsewhere', [{ ...cost, initial: 22_990 }], []],
    ['another size', [{ ...cost, initial: 22_700 }], ['@poolsafe/core']],
    ['another size of what is loaded later', [{ ...cost, lazy: 400 }], ['@poolsafe/core']],
    ['another budget', [{ ...cost, budget: { kB: 24, ms: 10 } }], ['@poolsafe/core']],
    ['another entry point', [cost, { ...cost, name: 'new' }], ['new']],
    ['one entry point less', [], ['@poolsafe/core']],
  ])('%s', (_, costs, names) => {
    expect(differences(page(cost), page(...costs))).toEqual(
      names.map((name) => expect.stringContaining(`\`${name}\``)),
    );
  });
});
