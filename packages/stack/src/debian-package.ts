import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Apt, mirrors, updatedApt } from './apt.ts';

const KEYRING = 'usr/share/keyrings/debian-archive-keyring.gpg';
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Whether this system can fetch packages of any Debian suite with the means it has. */
export function canFetchDebianPackages(): boolean {
  const has = (name: string) =>
    (process.env.PATH ?? '').split(delimiter).some((path) => existsSync(join(path, name)));
  return process.arch in ARCHITECTURES && has('apt-get') && has('dpkg-deb');
}

/**
 * Puts `bin/<name>` of a Debian suite's package and `lib/`, the libraries it needs from the same suite, into
 * `directory`. apt does it, with a state of its own: no root, nothing on the system changes, signatures are checked.
 */
export async function fetchDebianPackage(name: string, suite: string, directory: string): Promise<void> {
  await withApt(suite, directory, async (apt) => {
    await apt.download([name, ...(await librariesOf(apt, name))]);
    await gather(name, apt.unpacked, directory);
  });
}

/** Puts what packages of a Debian suite and all that they depend on have in `usr/bin` and `usr/lib` into `directory`. */
export async function fetchDebianTree(
  names: readonly string[],
  suite: string,
  directory: string,
): Promise<void> {
  await withApt(suite, directory, async (apt) => {
    await apt.downloadWithDependencies(names);
    for (const part of ['bin', 'lib']) await rename(join(apt.unpacked, 'usr', part), join(directory, part));
  });
}

/** Runs `work` with an apt that knows this suite only and keeps its files in `directory` for so long. */
async function withApt(suite: string, directory: string, work: (apt: Apt) => Promise<void>): Promise<void> {
  const place = join(directory, 'apt');
  await mkdir(place);
  const keyring = existsSync(`/${KEYRING}`) ? `/${KEYRING}` : await fetchKeyring(join(place, 'keyring'));
  const apt = await firstOf(await mirrors(), (mirror, index) =>
    updatedApt(join(place, String(index)), sources(mirror, suite, keyring)),
  );
  await work(apt);
  await rm(place, { recursive: true });
}

/** The command line that starts what {@link fetchDebianPackage} left: with its own libc, hence its own loader. */
export async function fetchedCommand(name: string, directory: string): Promise<[string, ...string[]]> {
  const lib = join(directory, 'lib');
  const loader = (await readdir(lib)).find((file) => file.startsWith('ld-linux'));
  if (loader === undefined) throw new Error(`${lib} has no loader: remove ${directory} and try again.`);
  return [join(lib, loader), '--library-path', lib, join(directory, 'bin', name)];
}

/** Other distributions do not trust Debian's keys, but Debian's derivatives have them in a package of their own. */
async function fetchKeyring(directory: string): Promise<string> {
  const apt = await updatedApt(directory);
  await apt.download(['debian-archive-keyring']);
  return join(apt.unpacked, KEYRING);
}

/** In the format of apt's deb822 sources. */
function sources(mirror: string, suite: string, keyring: string): string {
  return [
    'Types: deb',
    `URIs: ${mirror}`,
    `Suites: ${suite}`,
    'Components: main',
    `Architectures: ${ARCHITECTURES[process.arch]}`,
    `Signed-By: ${keyring}`,
    '',
  ].join('\n');
}

/** The first success; when there is none, the first failure. */
async function firstOf<T, R>(
  options: readonly T[],
  attempt: (option: T, index: number) => Promise<R>,
): Promise<R> {
  let failure: unknown;
  for (const [index, option] of options.entries()) {
    try {
      return await attempt(option, index);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/** The shared libraries among everything that a package depends on, and not what else Debian would install. */
async function librariesOf(apt: Apt, name: string): Promise<string[]> {
  const only = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map(
    (what) => `--no-${what}`,
  );
  const listing = await apt.cache('depends', '--recurse', ...only, name);
  const needs = new Map<string, string[]>();
  let current: string[] = [];
  let alternative = false;
  for (const line of listing.split('\n')) {
    if (/^\S/.test(line)) {
      current = [];
      needs.set(line, current);
    }
    const [, bar, other] = /^ ([ |])(?:Pre)?Depends: (\S+)$/.exec(line) ?? [];
    if (other !== undefined && !alternative) current.push(other);
    if (other !== undefined) alternative = bar === '|';
  }
  const found = new Set<string>();
  const visit = (from: string) => {
    for (const other of needs.get(from) ?? []) {
      if (!/^(lib|zlib)/.test(other) || /perl|pam-modules|gconv/.test(other) || found.has(other)) continue;
      found.add(other);
      visit(other);
    }
  };
  visit(name);
  return [...found];
}

async function gather(name: string, from: string, to: string): Promise<void> {
  await mkdir(join(to, 'bin'));
  await mkdir(join(to, 'lib'));
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const source = join(entry.parentPath, entry.name);
    const path = source.slice(from.length);
    if (!entry.isFile() && !entry.isSymbolicLink()) continue;
    if (/^(lib.*|ld-linux.*)\.so(\.|$)/.test(entry.name) && !/\/(gconv|security)\//.test(path)) {
      // A link may be absolute, or dangle in this root (to a package that is not needed).
      await readFile(source).then(
        (data) => writeFile(join(to, 'lib', entry.name), data, { mode: 0o755 }),
        ignoreMissing,
      );
    } else if (entry.name === name && /\/s?bin\//.test(path)) {
      await copyFile(source, join(to, 'bin', name));
    }
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
