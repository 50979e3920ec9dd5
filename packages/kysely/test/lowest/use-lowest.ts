import { readFileSync } from 'node:fs';
import * as module from 'node:module';
import { pathToFileURL } from 'node:url';

const require = module.createRequire(import.meta.url);
const urlOf = (path: string) => pathToFileURL(path).href;

const kysely = urlOf(require.resolve('kysely-lowest')).replace('/cjs/', '/esm/');
const kyselyPostgresJS = urlOf(require.resolve('kysely-postgres-js-lowest')).replace('.cjs', '.js');
const versionIn = (url: string) => JSON.parse(readFileSync(new URL(url), 'utf8')).version;

/** The version of kysely that this process uses from now on: the lowest that the peer dependency allows. */
export const version: string = versionIn(new URL('../../package.json', kysely).href);
/** The same for kysely-postgres-js. */
export const postgresJSVersion: string = versionIn(new URL('../package.json', kyselyPostgresJS).href);

/** What stands for which file. The lowest kysely has the migrator in its main entry. */
const lowestOf = new Map([
  [urlOf(require.resolve('kysely')), kysely],
  [urlOf(require.resolve('kysely/migration')), kysely],
  [urlOf(require.resolve('kysely-postgres-js')), kyselyPostgresJS],
]);

// Whoever imports them in whatever way, @poolsafe/kysely included, gets those.
if (module.registerHooks === undefined) {
  // Node 20, where hooks run in a thread of their own.
  const hook = `const lowestOf = new Map(${JSON.stringify([...lowestOf])});
    export const resolve = async (specifier, context, next) => {
      const found = await next(specifier, context);
      return { ...found, url: lowestOf.get(found.url) ?? found.url };
    }`;
  module.register(`data:text/javascript,${encodeURIComponent(hook)}`);
} else {
  module.registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      return { ...found, url: lowestOf.get(found.url) ?? found.url };
    },
  });
}
