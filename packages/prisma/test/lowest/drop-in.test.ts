import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { version } from './use-lowest.ts';

const { compareWithAdapter } = await import('../drop-in.ts');
const { client } = await import('../generated.ts');
const bare = await import('@prisma/adapter-pg');

test('this is the lowest supported version of the adapter, for @poolsafe/prisma too', async () => {
  const { peerDependencies } = createRequire(import.meta.url)('../../package.json');
  expect(peerDependencies['@prisma/adapter-pg']).toMatch(`^${version} ||`);
  expect(bare).toBe(await import('@prisma/adapter-pg-lowest'));
  expect(Object.getPrototypeOf((await import('@poolsafe/prisma')).PrismaPg)).toBe(bare.PrismaPg);
  expect(client.Prisma.prismaVersion.client).toBe(version);
});

// There are none in Prisma 6.
await compareWithAdapter(['nested transactions']);
