import type { Subject } from '@poolsafe/conformance';
import { version } from './use-lowest.ts';

const { subject: newest } = await import('../postgres-js-subject.ts');
const { drizzle } = await import('drizzle-orm/postgres-js');
if ('mock' in drizzle) throw new Error(`This is not drizzle-orm ${version}.`);

export const subject: Subject = {
  ...newest,
  name: `drizzle-orm/postgres-js ${version}`,
  module: import.meta.url,
};
