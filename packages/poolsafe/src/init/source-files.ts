import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { endings } from './languages.ts';

/** Folders that hold nothing that is written by hand, whatever .gitignore says. */
const skipped = new Set([
  'node_modules',
  'dist',
  'build',
  'out',
  'coverage',
  'vendor',
  'generated',
  '__generated__',
]);

/** Files whose scripts cannot be read here. */
const embedded = ['.vue', '.svelte', '.astro'];

interface Rules {
  readonly folder: string;
  readonly ignores: Ignore;
}

/** The source files under a folder, without what .gitignore names, what is hidden, built or generated. */
export async function* sourceFiles(folder: string, rules: readonly Rules[] = []): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  const own = entries.some((entry) => entry.isFile() && entry.name === '.gitignore')
    ? [...rules, { folder, ignores: ignore().add(await readFile(join(folder, '.gitignore'), 'utf8')) }]
    : rules;
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.') || isIgnored(path, entry.isDirectory(), own)) continue;
    if (entry.isDirectory()) {
      if (!skipped.has(entry.name)) yield* sourceFiles(path, own);
    } else if (entry.isFile() && isSource(entry.name)) yield path;
  }
}

function isSource(name: string): boolean {
  if (/\.min\.\w+$|\.d\.[cm]?ts$/.test(name)) return false;
  return endings.includes(extname(name)) || isEmbedded(name);
}

/** Whether its script is a part of another language. */
export function isEmbedded(name: string): boolean {
  return embedded.includes(extname(name));
}

function isIgnored(path: string, isFolder: boolean, rules: readonly Rules[]): boolean {
  return rules.some(({ folder, ignores }) => {
    const name = relative(folder, path).split(sep).join('/');
    return ignores.ignores(isFolder ? `${name}/` : name);
  });
}

/** The start of a file that says so was not written by hand. */
export function isGenerated(text: string): boolean {
  return /@generated\b|\bDO NOT EDIT\b|auto-?generated/i.test(text.slice(0, 1_000));
}

/** The text of a file; `undefined` where it is not UTF-8, since writing it back would change it. */
export async function textOfSource(path: string): Promise<string | undefined> {
  const bytes = await readFile(path);
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined;
}
