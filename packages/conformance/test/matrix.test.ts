import { expect, test } from 'vitest';
import { cases, matrix, type Result, summary } from '../src/index.ts';

const [first] = cases;
const result = (side: Result['side'], verdict: Result['verdict'], pooler = '1.18'): Result => ({
  subject: 'pg',
  pooler,
  case: first?.id ?? '',
  side,
  declared: verdict,
  verdict,
  detail: '',
});
const results = [
  result('bare', 'leak'),
  result('safe', 'refused'),
  result('bare', 'ok', 'direct'),
  result('safe', 'ok', 'direct'),
];

test('a summary counts what breaks', () => {
  expect(summary(results)).toBe(
    [
      '| cases that break, bare → poolsafe | PgBouncer 1.18 | PostgreSQL, no pooler |',
      '| --- | --- | --- |',
      '| pg | **1** → 0 of 1, 1 refused | 0 → 0 of 1 |',
    ].join('\n'),
  );
});

test('a matrix shows each case, and what does not apply', () => {
  const lines = matrix(results, 'pg').split('\n');
  expect(lines).toHaveLength(cases.length + 2);
  expect(lines[2]).toBe(`| ${first?.title} | **leak** → refused | ok → ok |`);
  expect(lines[3]).toBe(`| ${cases[1]?.title} | not applicable | not applicable |`);
});
