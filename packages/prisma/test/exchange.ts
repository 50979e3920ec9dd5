import * as module from 'node:module';
import { pathToFileURL } from 'node:url';

const require = module.createRequire(import.meta.url);

/** The folder of an installed adapter, as a URL. */
export function folderOf(name: '@prisma/adapter-pg' | '@prisma/adapter-pg-lowest'): string {
  return new URL('..', pathToFileURL(require.resolve(name))).href;
}

/** From now on, whoever imports a file of the folder `from` in this process gets the one in the folder `to`. */
export function exchange(from: string, to: string): void {
  if (module.registerHooks !== undefined) {
    module.registerHooks({
      resolve(specifier, context, next) {
        const found = next(specifier, context);
        return { ...found, url: found.url.replace(from, to) };
      },
    });
    return;
  }
  // Node 20, where hooks run in a thread of their own.
  const hook = `export const resolve = async (specifier, context, next) => {
    const found = await next(specifier, context);
    return { ...found, url: found.url.replace(${JSON.stringify(from)}, ${JSON.stringify(to)}) };
  }`;
  module.register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
