import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** An apt whose package lists are there. */
export interface Apt {
  readonly unpacked: string;
  /** The output of apt-cache. */
  cache(...args: string[]): Promise<string>;
  /** Downloads packages and unpacks them into one directory. */
  download(names: readonly string[]): Promise<void>;
  /** The same, together with all that they depend on. */
  downloadWithDependencies(names: readonly string[]): Promise<void>;
}

/** apt with state and cache in `directory`; without `sources` with the sources of this system. */
export async function updatedApt(directory: string, sources?: string): Promise<Apt> {
  const place = (path: string) => join(directory, path);
  for (const path of ['state/lists/partial', 'cache/archives/partial', 'debs', 'unpacked']) {
    await mkdir(place(path), { recursive: true });
  }
  await writeFile(place('status'), '');
  const options = {
    'Dir::State': place('state'),
    'Dir::State::status': place('status'),
    'Dir::Cache': place('cache'),
    'Acquire::Languages': 'none',
    // As root, apt would download as a user that cannot enter this directory.
    'APT::Sandbox::User': 'root',
    ...(sources === undefined
      ? {}
      : {
          'Dir::Etc::sourcelist': place('only.sources'),
          'Dir::Etc::sourceparts': '/dev/null',
          // By default apt is content with no answer at all.
          'APT::Update::Error-Mode': 'any',
        }),
  };
  if (sources !== undefined) await writeFile(place('only.sources'), sources);
  const flags = Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  await run('apt-get', ['-qq', ...flags, 'update']);
  const unpack = async (debs: string) => {
    for (const deb of (await readdir(debs)).filter((name) => name.endsWith('.deb'))) {
      await run('dpkg-deb', ['-x', join(debs, deb), place('unpacked')]);
    }
  };
  return {
    unpacked: place('unpacked'),
    cache: (...args) => run('apt-cache', [...flags, ...args]),
    async download(names) {
      await run('apt-get', ['-qq', ...flags, 'download', ...names], place('debs'));
      await unpack(place('debs'));
    },
    async downloadWithDependencies(names) {
      const only = ['--yes', '--download-only', '--no-install-recommends'];
      await run('apt-get', ['-qq', ...flags, ...only, 'install', ...names]);
      await unpack(place('cache/archives'));
    },
  };
}

/** The mirror that `POOLSAFE_DEBIAN_MIRROR` names, and the one that this system uses, if it is a Debian. */
export async function mirrors(): Promise<string[]> {
  const format = ['indextargets', '--format', '$(REPO_URI) $(ORIGIN) $(LABEL)', 'Created-By: Packages'];
  const lines = (await run('apt-get', format)).split('\n').map((line) => line.split(' '));
  const own = lines.find(([uri = '', origin, label]) => {
    return /\/debian\/?$/.test(uri) || (origin === 'Debian' && label === 'Debian');
  });
  const uris = [process.env.POOLSAFE_DEBIAN_MIRROR, own?.[0]].flatMap((uri) => uri?.replace(/\/$/, '') || []);
  if (uris.length > 0) return [...new Set(uris)];
  throw new Error('This system knows no Debian mirror: set POOLSAFE_DEBIAN_MIRROR to the URL of one.');
}

async function run(file: string, args: readonly string[], cwd?: string): Promise<string> {
  try {
    return (await promisify(execFile)(file, args, { cwd, maxBuffer: 100_000_000 })).stdout;
  } catch (cause) {
    const { stderr, message } = cause as Error & { stderr?: string };
    throw new Error(`${file}: ${stderr?.trim() || message}`, { cause });
  }
}
