import { readFile } from 'node:fs/promises';
import { parseTarGzip } from 'nanotar';

/** What of a published package.json is looked at. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** A packed package. */
export interface Tarball {
  readonly manifest: Manifest;
  /** The text of each file, by its path in the package. */
  readonly files: ReadonlyMap<string, string>;
}

/** Reads a tarball. */
export async function readTarball(path: string): Promise<Tarball> {
  const entries = await parseTarGzip(await readFile(path));
  const files = new Map(entries.map(({ name, text }) => [name.replace(/^package\//, ''), text]));
  return { manifest: JSON.parse(files.get('package.json')!), files };
}
