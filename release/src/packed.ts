import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { lock } from 'proper-lockfile';
import { mustRun, root } from './run.ts';

/** Where the tarballs are kept, in a folder for each content. */
const cache = join(root, 'node_modules/.cache/poolsafe-packed');
const DAY = 86_400_000;

/** The tarball of each public package, by the name of the package. */
export type Packed = ReadonlyMap<string, string>;

let packing: Promise<Packed> | undefined;

/**
 * Builds the public packages and packs them as `pnpm publish` would. One process at a time does it, and what is
 * packed already is not packed again: that costs about three seconds, or ten after a change.
 *
 * ```ts
 * const tarballs = await packed();
 * tarballs.get('@poolsafe/pg'); // the absolute path of poolsafe-pg-0.1.0.tgz
 * ```
 */
export function packed(): Promise<Packed> {
  packing ??= buildAndPack();
  return packing;
}

async function buildAndPack(): Promise<Packed> {
  await mkdir(cache, { recursive: true });
  const release = await lock(cache, { retries: { retries: 600, factor: 1, minTimeout: 250 }, stale: 20_000 });
  try {
    await pnpm('exec', 'turbo', 'run', 'build', '--filter=./packages/*', '--output-logs=errors-only');
    const target = join(cache, await contentOf(join(root, 'packages')));
    if (!(await exists(target))) await packInto(target);
    return await tarballsIn(target);
  } finally {
    await release();
  }
}

/** Packs into a draft first: a folder of tarballs is whole, or is not there. */
async function packInto(target: string): Promise<void> {
  const draft = await mkdtemp(join(cache, 'draft-'));
  await pnpm('--recursive', '--filter=./packages/*', 'pack', '--pack-destination', draft);
  await rename(draft, target);
  for (const name of await readdir(cache)) {
    const path = join(cache, name);
    if (Date.now() - (await stat(path)).mtimeMs > DAY) await rm(path, { recursive: true, force: true });
  }
}

/** A name for all that may come into a tarball, or into the versions in it. */
async function contentOf(packages: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(packages, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/[\\/](node_modules|test|\.turbo)[\\/]/.test(file.slice(root.length)));
  for (const file of [...files.sort(), join(root, 'pnpm-workspace.yaml'), join(root, 'LICENSE')]) {
    hash.update(file.slice(root.length).replaceAll(sep, '/')).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}

async function tarballsIn(folder: string): Promise<Packed> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.tgz')).sort();
  return new Map(files.map((file) => [nameOf(file), join(folder, file)]));
}

/** `poolsafe-pg-0.1.0.tgz` is @poolsafe/pg, and `poolsafe-0.1.0.tgz` is the command. */
function nameOf(file: string): string {
  return file.replace(/-\d+\.\d+\.\d+.*$/, '').replace('poolsafe-', '@poolsafe/');
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function pnpm(...args: string[]): Promise<string> {
  const env = { TURBO_TELEMETRY_DISABLED: '1', pnpm_config_verify_deps_before_run: 'false' };
  return await mustRun('npx', ['-y', 'pnpm@12', ...args], { cwd: root, env, deadline: 180_000 });
}
