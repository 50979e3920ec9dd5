import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { lowest, version } from './use-lowest.ts';

const { DataSource } = await import('@poolsafe/typeorm');
const typeorm = await import('typeorm');
const { compareWithTypeorm } = await import('../drop-in/compare.ts');

test('this is the lowest supported version of TypeORM, for @poolsafe/typeorm too', () => {
  const { peerDependencies } = createRequire(import.meta.url)('../../package.json');
  expect(peerDependencies.typeorm).toBe(`^${version} || ^1.0.0`);
  expect(typeorm.DataSource).toBe(lowest.DataSource);
  expect(new DataSource({ type: 'postgres' })).toBeInstanceOf(lowest.DataSource);
});

await compareWithTypeorm();

await import('../migrations.test.ts');
await import('../direct-migrations.test.ts');
await import('../with-poolsafe.test.ts');
await import('../bad-input.test.ts');
