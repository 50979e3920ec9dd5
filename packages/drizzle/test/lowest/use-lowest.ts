import { createRequire } from 'node:module';
import { packageOf, standIn, versionIn } from '../../../conformance/test/stand-in.ts';

const require = createRequire(import.meta.url);
const lowest = packageOf(require.resolve('drizzle-orm-lowest'));

/** The version of drizzle-orm that this process uses from now on: the lowest that the peer dependency allows. */
export const version: string = versionIn(lowest);

// Whoever imports drizzle-orm, @poolsafe/drizzle included, gets the same file of the lowest version.
standIn({ [packageOf(require.resolve('drizzle-orm'))]: lowest });
