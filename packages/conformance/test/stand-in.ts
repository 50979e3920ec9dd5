import { readFileSync } from 'node:fs';
import * as module from 'node:module';
import { pathToFileURL } from 'node:url';

/** The folder of the installed package that `file` is in, as a URL. */
export function packageOf(file: string): string {
  const [folder] = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+\//.exec(pathToFileURL(file).href) ?? [];
  if (folder === undefined) throw new Error(`${file} is not in a package.`);
  return folder;
}

/** The version of the package in a folder that {@link packageOf} gives. */
export function versionIn(folder: string): string {
  return JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')).version;
}

/**
 * From now on, whoever imports a file in this process, in whatever way, gets what stands in for it: another version
 * of the same package, for example. The keys are the beginnings of URLs, folders or whole files; the values are what
 * those URLs begin with instead.
 */
export function standIn(beginnings: Readonly<Record<string, string>>): void {
  const pairs = Object.entries(beginnings);
  if (module.registerHooks !== undefined) {
    module.registerHooks({
      resolve(specifier, context, next) {
        const found = next(specifier, context);
        return { ...found, url: pairs.reduce((url, [from, to]) => url.replace(from, to), found.url) };
      },
    });
    return;
  }
  // Node 20, where hooks run in a thread of their own.
  const hook = `const pairs = ${JSON.stringify(pairs)};
    export const resolve = async (specifier, context, next) => {
      const found = await next(specifier, context);
      return { ...found, url: pairs.reduce((url, [from, to]) => url.replace(from, to), found.url) };
    };`;
  module.register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
