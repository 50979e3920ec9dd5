import type { Subject } from '@poolsafe/conformance';
import { version } from './use-lowest.ts';

const { subject: newest } = await import('../subject.ts');
const { PostgresDriver } = await import('kysely');
if ('savepoint' in PostgresDriver.prototype) throw new Error(`This is not kysely ${version}.`);

/** It has no way to cancel a query. */
export const subject: Subject = {
  ...newest,
  name: `kysely ${version}`,
  module: import.meta.url,
  supports: { ...newest.supports, cancel: false },
};
