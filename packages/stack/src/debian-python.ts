import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { canFetchDebianPackages, fetchDebianTree } from './debian-package.ts';
import { type ProgressOptions, withProgress } from './progress.ts';

const SUITE = 'trixie';

/**
 * A Python that is unpacked and not installed, with packages of Debian.
 *
 * ```ts
 * const { command: [file, ...args], env } = await debianPython(['python3-asyncpg'])
 * spawn(file, [...args, '-c', 'import asyncpg'], { env: { ...process.env, ...env } })
 * ```
 */
export interface DebianPython {
  readonly command: readonly [string, ...string[]];
  /** What its environment must have besides. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The Python of Debian 13 with these packages and all that they depend on: fetched once, by `apt-get` with a state of
 * its own, and kept in the cache. No root, nothing on the system changes, and the system's own Python is not used.
 *
 * ```ts
 * const python = await debianPython(['python3-django', 'python3-psycopg-c'])
 * ```
 *
 * @throws {Error} where Debian's packages cannot be fetched: what that needs, and what apt-get said.
 */
export function debianPython(
  packages: readonly string[],
  options: ProgressOptions = {},
): Promise<DebianPython> {
  return withProgress(options, async (report) => {
    if (!canFetchDebianPackages()) {
      throw new Error(
        "Debian's Python packages need apt-get and dpkg-deb, on x64 or arm64: run this on any Debian, or on an Ubuntu with POOLSAFE_DEBIAN_MIRROR set to the URL of a Debian mirror.",
      );
    }
    const names = [...packages].sort();
    const key = createHash('sha256').update(names.join()).digest('hex').slice(0, 12);
    const directory = await cached(`python-debian-${SUITE}-${process.arch}-${key}`, async (staging) => {
      report(`Python: fetching ${names.join(', ')} of Debian ${SUITE}`);
      await fetchDebianTree(names, SUITE, staging);
    });
    return pythonIn(directory);
  });
}

/** With its own libc, hence its own loader. */
async function pythonIn(directory: string): Promise<DebianPython> {
  const find = async (parent: string, name: RegExp) => {
    const found = (await readdir(join(directory, parent))).find((entry) => name.test(entry));
    if (found === undefined) throw new Error(`${directory} is not complete: remove it and try again.`);
    return join(directory, parent, found);
  };
  const libraries = await find('lib', /-linux-gnu$/);
  const loader = await find(libraries.slice(directory.length), /^ld-linux.*\.so/);
  const python = await find('bin', /^python3\.\d+$/);
  return {
    command: [loader, '--library-path', libraries, python],
    env: { PYTHONHOME: directory, PYTHONDONTWRITEBYTECODE: '1' },
  };
}
