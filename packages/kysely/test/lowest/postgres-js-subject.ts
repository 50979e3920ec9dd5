import type { Subject } from '@poolsafe/conformance';
import { postgresJSVersion } from './use-lowest.ts';

const { subject: newest } = await import('../postgres-js-subject.ts');
const { PostgresJSDriver } = await import('kysely-postgres-js');
if (PostgresJSDriver.toString().includes('controlPostgres')) {
  throw new Error(`This is not kysely-postgres-js ${postgresJSVersion}.`);
}

/** It has no way to cancel a query. */
export const subject: Subject = {
  ...newest,
  name: `kysely-postgres-js ${postgresJSVersion}`,
  module: import.meta.url,
  supports: { ...newest.supports, cancel: false },
};
