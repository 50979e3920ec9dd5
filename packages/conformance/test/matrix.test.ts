import { expect, test } from 'vitest';
import { cases, matrix, type Result, summary } from '../src/index.ts';

const [first] = cases;
const result = (side: Result['side'], verdict: Result['verdict']): Result => ({
  subject: 'pg',
  pooler: '1.18',
  case: first?.id ?? '',
  side,
  declared: verdict,
  verdict,
  detail: '',
});
const results = [result('bare', 'leak'), result('safe', 'refused')];

test('a summary counts what breaks', () => {
  expect(summary(results)).toBe(
    [
      '|  | PgBouncer 1.18 |',
      '| --- | --- |',
      '| pg | **1 of 1 break**: 1 leak |',
      '| **with poolsafe** | **0 of 1 break**: 1 refused |',
    ].join('\n'),
  );
});

test('a matrix shows each case, and what does not apply', () => {
  const lines = matrix(results, 'pg').split('\n');
  expect(lines).toHaveLength(cases.length + 2);
  expect(lines[2]).toBe(`| ${first?.title} | **leak** → refused |`);
  expect(lines[3]).toBe(`| ${cases[1]?.title} | not applicable |`);
});
