import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The version of TypeORM that this process uses from now on: the lowest that the peer dependency allows. */
export const version: string = createRequire(require.resolve('typeorm-lowest'))('./package.json').version;

export const lowest: typeof import('typeorm') = require('typeorm-lowest');

// Whoever imports typeorm in whatever way, @poolsafe/typeorm included, gets what stands in the cache in its place.
require.cache[require.resolve('typeorm')] = require.cache[require.resolve('typeorm-lowest')];
