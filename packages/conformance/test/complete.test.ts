import { expect, test } from 'vitest';
import { assertComplete } from '../scripts/complete.ts';
import { cases, isDeclaredFor, type Result } from '../src/index.ts';

const whole: Result[] = cases
  .flatMap(({ id, needsPooler }) => [
    { case: id, pooler: '1.18' },
    ...(isDeclaredFor(id, 'odyssey') ? [{ case: id, pooler: 'odyssey' }] : []),
    ...(needsPooler === undefined ? [{ case: id, pooler: 'direct' }] : []),
  ])
  .flatMap((run) => [
    { ...run, side: 'bare' as const },
    { ...run, side: 'safe' as const },
  ])
  .map((run) => ({ ...run, subject: 'pg', declared: 'ok', verdict: 'ok', detail: '' }));

test('results of a whole run are complete', () => {
  assertComplete(whole, ['pg']);
  const named = cases.filter(({ needs }) => needs.includes('named')).map(({ id }) => id);
  assertComplete(
    whole.filter((result) => !named.includes(result.case)),
    ['pg'],
  );
});

test('a subject without results, or without a section, is named', () => {
  expect(() => assertComplete(whole, ['pg', 'prisma'])).toThrow('There are no results of prisma');
  expect(() => assertComplete(whole, [])).toThrow('There is no section for the results of pg');
});

test('what a run of chosen tests leaves is not complete', () => {
  const without = (left: (result: Result) => boolean) => () =>
    assertComplete(
      whole.filter((result) => !left(result)),
      ['pg'],
    );
  const { id = '' } = cases.find(({ needs }) => needs.length === 0) ?? {};
  expect(without((result) => result.case === id)).toThrow(`${id} | 1.18 | bare is missing`);
  const last = without(
    (result) => result.case === 'end' && result.pooler === 'direct' && result.side === 'safe',
  );
  expect(last).toThrow('end | direct | safe is missing');
  const elsewhere = without((result) => result.case === 'deallocated' && result.pooler === 'odyssey');
  expect(elsewhere).toThrow('deallocated | odyssey | bare is missing');
});
