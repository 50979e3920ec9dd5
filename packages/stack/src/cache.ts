import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const HOUR = 3_600_000;
const building = new Map<string, Promise<string>>();

/** `POOLSAFE_CACHE`, or the user's cache directory; root's is one that the unprivileged servers can read. */
export function cacheDirectory(): string {
  if (process.env.POOLSAFE_CACHE) return process.env.POOLSAFE_CACHE;
  if (process.getuid?.() === 0) return '/var/cache/poolsafe';
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'poolsafe');
}

/** The directory `name` of the cache, built once by `build`, which fills the directory it is given. */
export function cached(name: string, build: (directory: string) => Promise<void>): Promise<string> {
  const target = join(cacheDirectory(), name);
  const running = building.get(target);
  if (running !== undefined) return running;
  const result = existsSync(target) ? Promise.resolve(target) : buildInto(target, name, build);
  building.set(target, result);
  const forget = () => building.delete(target);
  result.then(forget, forget);
  return result;
}

async function buildInto(
  target: string,
  name: string,
  build: (directory: string) => Promise<void>,
): Promise<string> {
  const directory = cacheDirectory();
  await mkdir(directory, { recursive: true });
  await removeAbandoned(directory);
  const staging = await mkdtemp(join(directory, `.${name}-`));
  try {
    await build(staging);
    await promisify(execFile)('chmod', ['-R', 'a+rX', staging]);
    await rename(staging, target).catch((error) => {
      // Another process may have built the same at the same time; its result is as good.
      if (!existsSync(target)) throw error;
    });
    return target;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** What a process that was killed while building left behind. */
async function removeAbandoned(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const found = name.startsWith('.') ? await stat(path).catch(() => undefined) : undefined;
    if (found !== undefined && Date.now() - found.mtimeMs > HOUR)
      await rm(path, { recursive: true, force: true });
  }
}
