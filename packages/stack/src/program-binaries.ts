import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory, cached } from './cache.ts';
import { canFetchDebianPackages, fetchDebianPackage, fetchedCommand } from './debian-package.ts';
import { noProgram } from './no-program.ts';
import type { DebianVersion, Program } from './programs.ts';
import { serverUser } from './server-user.ts';

/** How to run a program, and what it says its version is. */
export interface Binary {
  readonly command: readonly [string, ...string[]];
  readonly version: string;
}

/** Finds a program of this version: on the system, in the cache, or in Debian. */
export async function findBinary(
  program: Program,
  wanted: string,
  binary: string | undefined,
  report: (line: string) => void,
): Promise<Binary> {
  if (process.platform === 'win32') {
    throw new Error(`${program.title} on Windows is not supported: run this in WSL, as on any Linux.`);
  }
  if (binary !== undefined) return given(program, binary, wanted);
  const tried: string[] = [];
  for (const path of systemPaths(program)) {
    const version = await versionOf(program, [path]).catch(() => undefined);
    if (version !== undefined && matches(program, version, wanted)) return { command: [path], version };
    tried.push(`${path} is ${version ?? 'not usable'}`);
  }
  const row = program.debian.find(({ version, moves }) =>
    wanted === 'latest' ? moves : matches(program, version, wanted),
  );
  if (row === undefined) throw noProgram(program, wanted, [...tried, 'no Debian suite has this version']);
  if (!canFetchDebianPackages())
    throw noProgram(program, wanted, [...tried, 'there is no apt-get to fetch it with']);
  const directory = await fromDebian(program, row, report).catch((cause) => {
    throw noProgram(
      program,
      wanted,
      [...tried, `Debian ${row.suite}: ${cause instanceof Error ? cause.message : cause}`],
      cause,
    );
  });
  const command = await fetchedCommand(program.name, directory);
  const version = await versionOf(program, command);
  if (wanted !== 'latest' && !matches(program, version, wanted)) {
    throw noProgram(program, wanted, [...tried, `Debian ${row.suite} has ${version} now`]);
  }
  return { command, version };
}

async function given(program: Program, binary: string, wanted: string): Promise<Binary> {
  const version = await versionOf(program, [binary]);
  if (wanted !== 'latest' && !matches(program, version, wanted)) {
    throw new Error(`${binary} is ${program.title} ${version}, but version "${wanted}" was asked for.`);
  }
  return { command: [binary], version };
}

/** `1.24` stands for every 1.24.x, `latest` for the newest known here and all after it. */
function matches({ latest }: Program, version: string, wanted: string): boolean {
  if (wanted !== 'latest') return version === wanted || version.startsWith(`${wanted}.`);
  return atLeast(version, latest);
}

/** Compares two versions by their first two numbers. */
export function atLeast(version: string, minimum: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = minimum.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

async function versionOf(
  { one, version }: Program,
  [file, ...args]: readonly [string, ...string[]],
): Promise<string> {
  const run = promisify(execFile)(file, [...args, '-V'], { ...serverUser(), cwd: '/' });
  const { stdout } = await run.catch((cause: Error) => {
    throw new Error(`${file} is not ${one} that can run here. ${cause.message.trim()}`, { cause });
  });
  const found = version.exec(stdout)?.[1];
  if (found === undefined) throw new Error(`${file} is not ${one}: ${stdout.trim()}`);
  return found;
}

function systemPaths({ name }: Program): string[] {
  const places = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/sbin',
    '/usr/local/sbin',
    '/opt/homebrew/bin',
  ];
  return [...new Set(places)].map((place) => join(place, name)).filter((path) => existsSync(path));
}

/** The unpacked package. A suite that moves is looked at again each month; without a network the last one serves. */
async function fromDebian(
  program: Program,
  { suite, moves }: DebianVersion,
  report: (line: string) => void,
): Promise<string> {
  const prefix = `${program.name}-debian-${suite}-${process.arch}`;
  const name = moves ? `${prefix}-${new Date().toISOString().slice(0, 7)}` : prefix;
  try {
    return await cached(name, async (directory) => {
      report(`${program.title}: fetching the package of Debian ${suite}`);
      await fetchDebianPackage(program.name, suite, directory);
    });
  } catch (error) {
    const all = existsSync(cacheDirectory()) ? readdirSync(cacheDirectory()) : [];
    const older = all.filter((entry) => entry.startsWith(prefix));
    if (older.length === 0) throw error;
    return join(cacheDirectory(), older.sort().at(-1) ?? name);
  }
}
