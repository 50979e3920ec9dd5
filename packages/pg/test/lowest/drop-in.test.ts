import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { lowest, version } from './use-lowest.ts';

const poolsafe = await import('@poolsafe/pg');
const { default: pg } = await import('pg');
const { compareWithPg } = await import('../drop-in/compare.ts');

test('this is the lowest supported version of pg, for @poolsafe/pg too', () => {
  const require = createRequire(import.meta.url);
  const { peerDependencies } = require('../../package.json');
  expect(peerDependencies.pg).toBe(`^${version}`);
  expect(pg).toBe(lowest);
  expect(new poolsafe.Pool()).toBeInstanceOf(pg.Pool);
  expect(Object.keys(pg)).not.toContain('Result');
});

await compareWithPg([
  // pg 8.11 writes the callback into the config, and so into a frozen one. The drop-in does not where there is a name.
  'pool.query | a frozen config',
  'pool.query | a frozen named config, twice',
  'pool.query | a named config is not changed',
  // It hangs.
  'client.query | a value that cannot be sent',
  'client.query | a value that cannot be sent, named',
  'a pool | query was given a Query',
  'a transaction | first a value that cannot be sent',
  'a transaction | first a value that cannot be sent, committed',
  // It throws where nobody catches.
  'client | a callback that is no function',
  // It has no `query_timeout` for one query.
  'client.query | a query that takes too long',
  'pool.query | a query that takes too long',
  'a transaction | a query too slow comes first',
  // It has no `queryMode`: without its name and without values, a statement goes through the simple protocol.
  'client.query | several statements, named',
  'pool.query | several statements, named',
  'client | a failed transaction',
]);

await import('../refusal.test.ts');
await import('../hazards.test.ts');
await import('../transaction.test.ts');
await import('../startup.test.ts');
