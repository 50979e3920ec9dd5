import { createRequire } from 'node:module';
import { packageOf, standIn, versionIn } from '../../../conformance/test/stand-in.ts';

const require = createRequire(import.meta.url);
const lowest = packageOf(require.resolve('@prisma/adapter-pg-lowest'));

/** The version that this process uses from now on: the lowest that the peer dependency allows. */
export const version: string = versionIn(lowest);

standIn({ [packageOf(require.resolve('@prisma/adapter-pg'))]: lowest });
