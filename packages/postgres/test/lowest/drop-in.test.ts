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

await compareWithPostgres({ more: lowestDifferences, first: new URL('use-lowest.ts', import.meta.url).href });
