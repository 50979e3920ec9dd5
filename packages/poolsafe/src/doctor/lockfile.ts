import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A package manager. */
export type Manager = 'npm' | 'pnpm' | 'yarn' | 'bun';

const lockfiles: readonly { readonly file: string; readonly manager: Manager }[] = [
  { file: 'pnpm-lock.yaml', manager: 'pnpm' },
  { file: 'yarn.lock', manager: 'yarn' },
  { file: 'bun.lock', manager: 'bun' },
  { file: 'bun.lockb', manager: 'bun' },
  { file: 'package-lock.json', manager: 'npm' },
  { file: 'npm-shrinkwrap.json', manager: 'npm' },
];

/** The lockfile that a folder is under. */
export interface Lockfile {
  readonly path: string;
  readonly manager: Manager;
}

/** All folders from `folder` upwards. */
export function* upwards(folder: string): Generator<string> {
  for (let at = folder; ; at = dirname(at)) {
    yield at;
    if (dirname(at) === at) return;
  }
}

/** The nearest lockfile from `folder` upwards. */
export async function findLockfile(folder: string): Promise<Lockfile | undefined> {
  for (const at of upwards(folder)) {
    for (const { file, manager } of lockfiles) {
      if ((await textOf(join(at, file))) !== undefined) return { path: join(at, file), manager };
    }
  }
  return undefined;
}

/** The text of a file; `undefined` where there is none. */
export async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

/** The version that a lockfile has for a package, where it has only one. */
export function lockedVersion(manager: Manager, text: string, name: string): string | undefined {
  const found = [...text.matchAll(patternFor(manager, name))].map(([, version]) => version);
  const versions = new Set(found);
  return versions.size === 1 ? found[0] : undefined;
}

const VERSION = '(\\d+\\.\\d+\\.\\d+[\\w.+-]*)';

/** Lockfiles are generated, line by line, so that a line says enough. */
function patternFor(manager: Manager, name: string): RegExp {
  const escaped = name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  const patterns: Readonly<Record<Manager, string>> = {
    npm: `"node_modules/${escaped}": \\{\\s*"version": "${VERSION}"`,
    pnpm: `^ {2}'?/?${escaped}[@/]${VERSION}`,
    yarn: `^"?${escaped}@[^\\n]*:\\n {2}version:? "?${VERSION}`,
    bun: `"${escaped}": \\["${escaped}@${VERSION}"`,
  };
  return new RegExp(patterns[manager], 'gm');
}
