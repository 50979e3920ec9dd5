import type { Subject } from '@poolsafe/conformance';
import { lowest, version } from './use-lowest.ts';

const { subject: newest } = await import('../subject.ts');
const { DataSource } = await import('typeorm');
if (DataSource !== lowest.DataSource) throw new Error(`This is not TypeORM ${version}.`);

export const subject: Subject = { ...newest, name: `typeorm ${version}`, module: import.meta.url };
