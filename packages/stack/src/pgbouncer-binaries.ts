import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory, cached } from './cache.ts';
import { canFetchDebianPackages, fetchDebianPackage, fetchedCommand } from './debian-package.ts';
import { noPgBouncer } from './no-pgbouncer.ts';
import { serverUser } from './server-user.ts';

/** How to run a PgBouncer, and what it says its version is. */
export interface PgBouncerBinary {
  readonly command: readonly [string, ...string[]];
  readonly version: string;
}

/** The PgBouncers of Debian's suites. */
const DEBIAN_PGBOUNCERS: readonly { suite: string; version: string; moves: boolean }[] = [
  { suite: 'bookworm', version: '1.18.0', moves: false },
  { suite: 'trixie', version: '1.24.1', moves: false },
  { suite: 'sid', version: '1.26.1', moves: true },
];

/** A PgBouncer on the PATH is recent enough for 'latest' from here on. */
const LATEST = '1.26';

/** Finds a PgBouncer of this version: on the system, in the cache, or in Debian. */
export async function pgbouncerBinary(
  wanted: string,
  binary: string | undefined,
  report: (line: string) => void,
): Promise<PgBouncerBinary> {
  if (process.platform === 'win32') {
    throw new Error('PgBouncer on Windows is not supported: run this in WSL, as on any Linux.');
  }
  if (binary !== undefined) return given(binary, wanted);
  const tried: string[] = [];
  for (const path of systemPaths()) {
    const version = await versionOf([path]).catch(() => undefined);
    if (version !== undefined && matches(version, wanted)) return { command: [path], version };
    tried.push(`${path} is ${version ?? 'not usable'}`);
  }
  const row = DEBIAN_PGBOUNCERS.find(({ version, moves }) =>
    wanted === 'latest' ? moves : matches(version, wanted),
  );
  if (row === undefined) throw noPgBouncer(wanted, [...tried, 'no Debian suite has this version']);
  if (!canFetchDebianPackages())
    throw noPgBouncer(wanted, [...tried, 'there is no apt-get to fetch it with']);
  const directory = await fromDebian(row, report).catch((cause) => {
    throw noPgBouncer(
      wanted,
      [...tried, `Debian ${row.suite}: ${cause instanceof Error ? cause.message : cause}`],
      cause,
    );
  });
  const command = await fetchedCommand('pgbouncer', directory);
  const version = await versionOf(command);
  if (wanted !== 'latest' && !matches(version, wanted)) {
    throw noPgBouncer(wanted, [...tried, `Debian ${row.suite} has ${version} now`]);
  }
  return { command, version };
}

async function given(binary: string, wanted: string): Promise<PgBouncerBinary> {
  const version = await versionOf([binary]);
  if (wanted !== 'latest' && !matches(version, wanted)) {
    throw new Error(`${binary} is PgBouncer ${version}, but version "${wanted}" was asked for.`);
  }
  return { command: [binary], version };
}

/** `1.24` stands for every 1.24.x, `latest` for the newest known here and all after it. */
function matches(version: string, wanted: string): boolean {
  if (wanted !== 'latest') return version === wanted || version.startsWith(`${wanted}.`);
  return atLeast(version, LATEST);
}

/** Compares two versions by their first two numbers. */
export function atLeast(version: string, minimum: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = minimum.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

async function versionOf([file, ...args]: readonly [string, ...string[]]): Promise<string> {
  const run = promisify(execFile)(file, [...args, '-V'], { ...serverUser(), cwd: '/' });
  const { stdout } = await run.catch((cause: Error) => {
    throw new Error(`${file} is not a PgBouncer that can run here. ${cause.message.trim()}`, { cause });
  });
  const version = /^PgBouncer (\S+)/i.exec(stdout)?.[1];
  if (version === undefined) throw new Error(`${file} is not a PgBouncer: ${stdout.trim()}`);
  return version;
}

function systemPaths(): string[] {
  const places = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/sbin',
    '/usr/local/sbin',
    '/opt/homebrew/bin',
  ];
  return [...new Set(places)].map((place) => join(place, 'pgbouncer')).filter((path) => existsSync(path));
}

/** The unpacked package. A suite that moves is looked at again each month; without a network the last one serves. */
async function fromDebian(
  { suite, moves }: { suite: string; moves: boolean },
  report: (line: string) => void,
): Promise<string> {
  const prefix = `pgbouncer-debian-${suite}-${process.arch}`;
  const name = moves ? `${prefix}-${new Date().toISOString().slice(0, 7)}` : prefix;
  try {
    return await cached(name, async (directory) => {
      report(`PgBouncer: fetching the package of Debian ${suite}`);
      await fetchDebianPackage('pgbouncer', suite, directory);
    });
  } catch (error) {
    const all = existsSync(cacheDirectory()) ? readdirSync(cacheDirectory()) : [];
    const older = all.filter((entry) => entry.startsWith(prefix));
    if (older.length === 0) throw error;
    return join(cacheDirectory(), older.sort().at(-1) ?? name);
  }
}
