import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The version of pg that this process uses from now on: the lowest that the peer dependency allows. */
export const version: string = require('pg-lowest/package.json').version;

export const lowest: unknown = require('pg-lowest');

// Whoever imports pg in whatever way, @poolsafe/pg included, gets what stands in the cache in its place. The
// two deep files are for pg-cursor.
for (const file of ['', '/lib/result.js', '/lib/utils.js']) {
  require(`pg-lowest${file}`);
  require.cache[require.resolve(`pg${file}`)] = require.cache[require.resolve(`pg-lowest${file}`)];
}
