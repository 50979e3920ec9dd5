import type { Subject } from '@poolsafe/conformance';
import { version } from './use-lowest.ts';

const { subject: newest } = await import('../subject.ts');
const { client } = await import('../generated.ts');
if (client.Prisma.prismaVersion.client !== version) throw new Error(`This is not Prisma ${version}.`);

export const subject: Subject = {
  ...newest,
  name: `prisma ${version}`,
  module: import.meta.url,
  // The adapter has no statementNameGenerator yet.
  supports: { ...newest.supports, named: false },
};
