import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { root } from '../pages.ts';

/** A package that is published, and what it lets others import. */
export interface Package {
  readonly name: string;
  /** Its folder under `packages/`, and the name of its page. */
  readonly folder: string;
  readonly entries: readonly Entry[];
}

/** What one import gives. */
interface Entry {
  /** As it is imported: `@poolsafe/drizzle/postgres-js`. */
  readonly name: string;
  /** Its source file. */
  readonly source: string;
}

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly '@poolsafe/source': string }>>;
}

/** All packages, with the entry points of their package.json. */
export function packages(): Package[] {
  return readdirSync(join(root, 'packages')).map((folder) => {
    const manifest = JSON.parse(
      readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'),
    ) as Manifest;
    const entries = Object.entries(manifest.exports).flatMap(([path, target]) =>
      typeof target === 'string'
        ? []
        : [
            {
              name: posix.join(manifest.name, path),
              source: join(root, 'packages', folder, target['@poolsafe/source']),
            },
          ],
    );
    return { name: manifest.name, folder, entries };
  });
}
