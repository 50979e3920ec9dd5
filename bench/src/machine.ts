import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { stacks } from './stacks/all.ts';

/** On what and of what the figures are. */
export interface Machine {
  readonly processors: string;
  readonly system: string;
  readonly node: string;
  /** Versions of the libraries, by package. */
  readonly packages: Readonly<Record<string, string>>;
}

export function machine(): Machine {
  const names = [...new Set(stacks.flatMap(({ packages }) => packages))];
  return {
    processors: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    packages: Object.fromEntries(names.map((name) => [name, versionOf(name)])),
  };
}

function versionOf(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')).version;
}
