import type { Subject } from '@poolsafe/conformance';
import { lowest, version } from './use-lowest.ts';

const { subject: newest } = await import('../subject.ts');
const { default: pg } = await import('pg');
if (pg !== lowest) throw new Error(`This is not pg ${version}.`);

export const subject: Subject = {
  ...newest,
  name: `pg ${version}`,
  module: import.meta.url,
  // It hangs itself when a value cannot be sent, without a pooler too.
  supports: { ...newest.supports, unsendable: undefined },
};
