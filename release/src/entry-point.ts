import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.ts';

/** Where the packages are. */
const packages: string = join(root, 'packages');

/** A module that applications import, as it was built. */
export interface EntryPoint {
  /** What stands in the import. */
  readonly name: string;
  readonly folder: string;
  readonly file: string;
}

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** The entry points of a package, by their key in its `exports`. */
export function entryPoints(directory: string): ReadonlyMap<string, EntryPoint> {
  const folder = join(packages, directory);
  const { name, exports } = manifestIn(folder);
  return new Map(
    Object.entries(exports).flatMap(([key, target]) => {
      if (typeof target === 'string') return [];
      return [[key, { name: name + key.slice(1), folder, file: join(folder, target.default) }]];
    }),
  );
}

/** What an application brings itself, whichever of the packages asks for it. */
export function peers(): readonly string[] {
  const folders = readdirSync(packages).map((directory) => join(packages, directory));
  return folders
    .map(manifestIn)
    .flatMap(({ peerDependencies = {} }) => Object.keys(peerDependencies))
    .filter((name) => !name.startsWith('@poolsafe/'));
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}
