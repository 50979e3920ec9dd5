import { gzipSync } from 'node:zlib';
import { type OutputChunk, type RolldownBuild, rolldown } from 'rolldown';
import { type EntryPoint, peers } from './entry-point.ts';

/** What a bundler takes for an entry point, in bytes, minified and gzipped. */
export interface EntrySize {
  /** With its dependencies, what is loaded when it is imported. */
  readonly initial: number;
  /** What is loaded when it is first used. */
  readonly lazy: number;
}

/** Bundles an entry point with its dependencies. What the application brings itself, the peers, stays outside. */
export async function sizeOf({ file }: EntryPoint): Promise<EntrySize> {
  const outside = new Set(peers());
  const bundle = await rolldown({
    input: file,
    platform: 'node',
    external: (id) => outside.has(packageOf(id)),
  });
  const chunks = await chunksOf(bundle);
  const initial = new Set<string>();
  follow(chunks, chunks.find(({ isEntry }) => isEntry)?.fileName, initial);
  const sizes = (wanted: boolean) =>
    chunks.filter(({ fileName }) => initial.has(fileName) === wanted).map(({ code }) => gzipped(code));
  return { initial: sum(sizes(true)), lazy: sum(sizes(false)) };
}

/** What an entry point imports from other packages and of Node, directly or through files of its own. */
export async function importsOf({ file }: EntryPoint): Promise<readonly string[]> {
  const bundle = await rolldown({ input: file, platform: 'node', external: /^[^./]/ });
  const chunks = await chunksOf(bundle);
  const initial = new Set<string>();
  follow(chunks, chunks.find(({ isEntry }) => isEntry)?.fileName, initial);
  return [...initial].filter((name) => chunks.every(({ fileName }) => fileName !== name));
}

async function chunksOf(bundle: RolldownBuild): Promise<readonly OutputChunk[]> {
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  await bundle.close();
  return output.filter((one) => one.type === 'chunk');
}

/** Adds a chunk and all that it imports at once. */
function follow(chunks: readonly OutputChunk[], name: string | undefined, seen: Set<string>): void {
  if (name === undefined || seen.has(name)) return;
  seen.add(name);
  for (const next of chunks.find(({ fileName }) => fileName === name)?.imports ?? [])
    follow(chunks, next, seen);
}

/** `drizzle-orm` of `drizzle-orm/node-postgres`, `@prisma/adapter-pg` of itself. */
function packageOf(id: string): string {
  return id
    .split('/')
    .slice(0, id.startsWith('@') ? 2 : 1)
    .join('/');
}

function gzipped(code: string): number {
  return gzipSync(code, { level: 9 }).length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
