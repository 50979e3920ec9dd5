import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { packageOf, standIn, versionIn } from '../../../conformance/test/stand-in.ts';

const require = createRequire(import.meta.url);
const urlOf = (file: string) => pathToFileURL(file).href;
const kysely = require.resolve('kysely-lowest');
const kyselyPostgresJS = require.resolve('kysely-postgres-js-lowest');

/** The version of kysely that this process uses from now on: the lowest that the peer dependency allows. */
export const version: string = versionIn(packageOf(kysely));
/** The same for kysely-postgres-js. */
export const postgresJSVersion: string = versionIn(packageOf(kyselyPostgresJS));

// Other files than now: `require` is not what imports them, and the lowest kysely has the migrator in its main entry.
const imported = urlOf(kysely).replace('/cjs/', '/esm/');
standIn({
  [urlOf(require.resolve('kysely'))]: imported,
  [urlOf(require.resolve('kysely/migration'))]: imported,
  [urlOf(require.resolve('kysely-postgres-js'))]: urlOf(kyselyPostgresJS).replace('.cjs', '.js'),
});
