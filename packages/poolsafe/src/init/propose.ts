import { writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import { findLockfile, type Manager } from '../doctor/lockfile.ts';
import { nearestManifest } from '../doctor/project.ts';
import { isEmbedded, isGenerated, sourceFiles, textOfSource } from './source-files.ts';
import type { Left } from './swap-context.ts';
import { mayHaveImports } from './swap-rows.ts';

/**
 * The swap of imports for a project, not yet made.
 *
 * ```ts
 * import { applySwap, proposeSwap } from 'poolsafe'
 *
 * const proposal = await proposeSwap({ cwd: 'apps/web' })
 * for (const { diff } of proposal.files) console.log(diff)
 * await applySwap(proposal)
 * ```
 */
export interface SwapProposal {
  /** The folder of the nearest package.json, or the given one where there is none. */
  readonly folder: string;
  readonly files: readonly SwappedSource[];
  /** What was not understood, or has no counterpart. */
  readonly left: readonly LeftAlone[];
  /** What is to be installed, for each package.json whose sources import it. */
  readonly install: readonly Install[];
}

/** A file that changes. */
export interface SwappedSource {
  /** Relative to the folder. */
  readonly path: string;
  /** The modules whose imports are swapped. */
  readonly modules: readonly string[];
  readonly before: string;
  readonly after: string;
  /** In unified form. */
  readonly diff: string;
}

/** Something that stays as it is, and why. */
export interface LeftAlone extends Left {
  readonly path: string;
}

/** Packages that sources import and their package.json has not. */
export interface Install {
  /** Where to run the command, relative to the folder. */
  readonly folder: string;
  readonly packages: readonly string[];
  readonly command: string;
}

/**
 * Which project {@link proposeSwap} looks at.
 *
 * ```ts
 * const options: SwapOptions = { cwd: 'apps/web' }
 * ```
 */
export interface SwapOptions {
  /** A folder of the project. Default: the current one. */
  readonly cwd?: string;
  /** Stops the reading of files; the promise rejects with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Finds the imports of pg, postgres, drizzle-orm, kysely, `@prisma/adapter-pg` and typeorm that have a counterpart,
 * and what they become. Writes nothing and runs nothing of the project.
 *
 * ```ts
 * const { files, left } = await proposeSwap()
 * ```
 *
 * @throws {Error} when a package.json is not JSON, or a file cannot be read.
 */
export async function proposeSwap(options: SwapOptions = {}): Promise<SwapProposal> {
  const { cwd = process.cwd(), signal } = options;
  const folder = (await nearestManifest(resolve(cwd)))?.folder ?? resolve(cwd);
  const files: SwappedSource[] = [];
  const left: LeftAlone[] = [];
  const used: Used[] = [];
  for await (const path of sourceFiles(folder)) {
    signal?.throwIfAborted();
    const name = relative(folder, path);
    const looked = await lookAt(path, name);
    if (looked === undefined) continue;
    if (looked.file !== undefined) files.push(looked.file);
    left.push(...looked.left.map((one) => ({ path: name, ...one })));
    used.push({ path, text: looked.text });
  }
  return { folder, files, left, install: await toInstall(folder, used) };
}

/**
 * Writes the files of a proposal. A file that has changed since is left, and named.
 *
 * ```ts
 * const { written, changed } = await applySwap(await proposeSwap())
 * ```
 */
export async function applySwap({ folder, files }: SwapProposal): Promise<{
  readonly written: readonly string[];
  readonly changed: readonly string[];
}> {
  const written: string[] = [];
  const changed: string[] = [];
  for (const { path, before, after } of files) {
    const at = resolve(folder, path);
    if ((await textOfSource(at)) !== before) changed.push(path);
    else {
      await writeFile(at, after);
      written.push(path);
    }
  }
  return { written, changed };
}

interface Looked {
  readonly text: string;
  readonly file?: SwappedSource;
  readonly left: readonly Left[];
}

async function lookAt(path: string, name: string): Promise<Looked | undefined> {
  const before = await textOfSource(path);
  if (before === undefined) return undefined;
  if (!mayHaveImports.test(before))
    return before.includes('@poolsafe/') ? { text: before, left: [] } : undefined;
  const alone = (why: string): Looked => ({ text: before, left: [{ line: 1, what: name, why }] });
  if (isEmbedded(path)) return alone('only JavaScript and TypeScript is read here');
  if (isGenerated(before)) return alone('it says that it is generated: change what it is generated from');
  // The parser is a binary, which not every platform has: what needs no parsing works without.
  const { swapFile } = await import('./swap-file.ts');
  try {
    const { text: after, left, swapped } = swapFile(path, before);
    if (after === before) return { text: after, left };
    const modules = [...new Set(swapped)];
    return {
      text: after,
      left,
      file: { path: name, modules, before, after, diff: diffOf(name, before, after) },
    };
  } catch (error) {
    return alone(`it could not be parsed: ${(error as Error).message}`);
  }
}

function diffOf(path: string, before: string, after: string): string {
  const patch = createTwoFilesPatch(`a/${path}`, `b/${path}`, before, after, undefined, undefined, {
    context: 2,
  });
  return patch.replace(/^=+\n/, '').trimEnd();
}

interface Used {
  readonly path: string;
  readonly text: string;
}

const importsOfOurs = /['"](@poolsafe\/[a-z]+)(?:\/[\w/-]+)?['"]/g;
const ours = ['pg', 'postgres', 'drizzle', 'kysely', 'prisma', 'typeorm', 'core'].map(
  (name) => `@poolsafe/${name}`,
);

async function toInstall(folder: string, used: readonly Used[]): Promise<readonly Install[]> {
  const missing = new Map<string, Set<string>>();
  for (const { path, text } of used) {
    const manifest = await nearestManifest(dirname(path));
    if (manifest === undefined) continue;
    for (const [, name = ''] of text.matchAll(importsOfOurs)) {
      if (!ours.includes(name) || name in manifest.dependencies || name === manifest.name) continue;
      const known = missing.get(manifest.folder) ?? new Set();
      missing.set(manifest.folder, known.add(name));
    }
  }
  const manager = (await findLockfile(folder))?.manager ?? 'npm';
  return [...missing].map(([at, names]) => {
    const packages = [...names].sort();
    return { folder: relative(folder, at) || '.', packages, command: commandOf(manager, packages) };
  });
}

/** What installs packages. */
function commandOf(manager: Manager, packages: readonly string[]): string {
  return `${manager} ${manager === 'npm' ? 'install' : 'add'} ${packages.join(' ')}`;
}
