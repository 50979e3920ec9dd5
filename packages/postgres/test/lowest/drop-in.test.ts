import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lowestDifferences } from './differences.ts';
import { version } from './use-lowest.ts';

const { default: poolsafe } = await import('@poolsafe/postgres');
const { default: postgres } = await import('postgres');
const { compareWithPostgres } = await import('../drop-in/compare.ts');

test('this is the lowest supported version of postgres.js, for @poolsafe/postgres too', () => {
  const { peerDependencies } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  expect(peerDependencies.postgres).toBe(`^${version}`);
  for (const { options } of [postgres(), poolsafe()]) expect(options).not.toHaveProperty('sslnegotiation');
});

// With 3.4.0 these leave a query waiting, with the drop-in too: empty statements, and combinations without a use.
const without = [
  'results | of an empty statement',
  'after | a cursor of no statement',
  'after | a cursor, simple, and an error',
  'after | describe, simple',
  'after | an empty statement',
];

await compareWithPostgres({
  without,
  more: lowestDifferences,
  first: new URL('use-lowest.ts', import.meta.url).href,
});
