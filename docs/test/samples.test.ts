import { expect, test } from 'vitest';
import { errorsOf } from '../src/samples/compile.ts';
import { fences } from '../src/samples/fences.ts';

/** `<!-- sample: not compiled, why -->` */
const isLeft = (marks: readonly string[]) => marks[0] === 'not compiled';
const samples = fences().filter(({ language }) => language === 'ts');

test('Each sample compiles', { timeout: 120_000 }, async () => {
  expect(samples.length).toBeGreaterThan(100);
  expect(await errorsOf(samples.filter(({ marks }) => !isLeft(marks)))).toEqual([]);
});

test('None is left out', () => {
  expect(samples.filter(({ marks }) => isLeft(marks)).map(({ page, line }) => `${page}:${line}`)).toEqual([]);
});
