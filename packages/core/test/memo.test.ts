import { expect, test } from 'vitest';
import { memoized } from '../src/memo.ts';

/** A function that counts how often it computed each text. */
function counting() {
  const computed = new Map<string, number>();
  const length = memoized((text) => {
    computed.set(text, (computed.get(text) ?? 0) + 1);
    return { length: text.length };
  });
  return { length, times: (text: string) => computed.get(text) ?? 0 };
}

test('the same text has the same answer, computed once', () => {
  const { length, times } = counting();
  const first = length('select 1');
  expect(first).toEqual({ length: 8 });
  expect(length('select 1')).toBe(first);
  expect(length('select 12')).toEqual({ length: 9 });
  expect([times('select 1'), times('select 12')]).toEqual([1, 1]);
});

test('what is asked again and again stays, whatever else comes', () => {
  const { length, times } = counting();
  const first = length('hot');
  for (let i = 0; i < 5000; i += 1) {
    length(`text ${i}`);
    expect(length('hot')).toBe(first);
  }
  expect(times('hot')).toBe(1);
});

test('what is not asked again is forgotten: 1,000 texts at most', () => {
  const { length, times } = counting();
  for (let i = 0; i <= 1000; i += 1) length(`text ${i}`);
  length('text 1000');
  length('text 600');
  expect([times('text 1000'), times('text 600')]).toEqual([1, 1]);
  length('text 0');
  expect(times('text 0')).toBe(2);
});

test('a long text is not kept', () => {
  const { length, times } = counting();
  const [kept, long] = ['a'.repeat(10_000), 'a'.repeat(10_001)];
  for (const text of [kept, kept, long, long]) expect(length(text)).toEqual({ length: text.length });
  expect([times(kept), times(long)]).toEqual([1, 2]);
});
