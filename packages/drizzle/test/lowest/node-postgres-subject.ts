import type { Subject } from '@poolsafe/conformance';
import { version } from './use-lowest.ts';

const { subject: newest } = await import('../subject.ts');
const { drizzle } = await import('drizzle-orm/node-postgres');
if ('mock' in drizzle) throw new Error(`This is not drizzle-orm ${version}.`);

export const subject: Subject = {
  ...newest,
  name: `drizzle-orm/node-postgres ${version}`,
  module: import.meta.url,
};
