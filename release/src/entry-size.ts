import { gzipSync } from 'node:zlib';
import { type ExternalOption, type OutputChunk, rolldown } from 'rolldown';
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
  const { chunks, initial } = await bundled(file, (id) => outside.has(packageOf(id)));
  const sizes = (wanted: boolean) =>
    chunks.filter(({ fileName }) => initial.has(fileName) === wanted).map(({ code }) => gzipped(code));
  return { initial: sum(sizes(true)), lazy: sum(sizes(false)) };
}

/** What an entry point imports from other packages and of Node, directly or through files of its own. */
export async function importsOf({ file }: EntryPoint): Promise<readonly string[]> {
  const { chunks, initial } = await bundled(file, /^[^./]/);
  return [...initial].filter((name) => chunks.every(({ fileName }) => fileName !== name));
}

interface Bundled {
  readonly chunks: readonly OutputChunk[];
  /** What is loaded at once: names of chunks, and what stays outside. */
  readonly initial: ReadonlySet<string>;
}

async function bundled(file: string, external: ExternalOption): Promise<Bundled> {
  const bundle = await rolldown({ input: file, platform: 'node', external });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  await bundle.close();
  const chunks = output.filter((one) => one.type === 'chunk');
  const initial = new Set<string>();
  follow(chunks, chunks.find(({ isEntry }) => isEntry)?.fileName, initial);
  return { chunks, initial };
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

/** Bytes after `gzip -9`. */
export function gzipped(code: string): number {
  return gzipSync(code, { level: 9 }).length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
