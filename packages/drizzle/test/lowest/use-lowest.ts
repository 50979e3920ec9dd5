import { readFileSync } from 'node:fs';
import * as module from 'node:module';
import { pathToFileURL } from 'node:url';

const require = module.createRequire(import.meta.url);
const folderOf = (file: string) => new URL('.', pathToFileURL(file)).href;

const current = folderOf(require.resolve('drizzle-orm'));
const lowest = folderOf(require.resolve('drizzle-orm-lowest'));

/** The version of drizzle-orm that this process uses from now on: the lowest that the peer dependency allows. */
export const version: string = JSON.parse(readFileSync(new URL('package.json', lowest), 'utf8')).version;

// Whoever imports drizzle-orm in whatever way, @poolsafe/drizzle included, gets the same file of the lowest version.
if (module.registerHooks === undefined) {
  // Node 20, where hooks run in a thread of their own.
  const hook = `export const resolve = async (specifier, context, next) => {
    const found = await next(specifier, context);
    return { ...found, url: found.url.replace(${JSON.stringify(current)}, ${JSON.stringify(lowest)}) };
  }`;
  module.register(`data:text/javascript,${encodeURIComponent(hook)}`);
} else {
  module.registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      return { ...found, url: found.url.replace(current, lowest) };
    },
  });
}
