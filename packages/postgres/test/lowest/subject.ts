import type { Subject } from '@poolsafe/conformance';
import { version } from './use-lowest.ts';

const { subject: newest } = await import('../subject.ts');
const { default: postgres } = await import('postgres');
// Later versions know how to begin with TLS at once.
if ('sslnegotiation' in postgres().options) throw new Error(`This is not postgres ${version}.`);

export const subject: Subject = { ...newest, name: `postgres.js ${version}`, module: import.meta.url };
