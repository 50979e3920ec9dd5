import { dirname, join } from 'node:path';
import { findLockfile, type Lockfile, lockedVersion, type Manager, textOf, upwards } from './lockfile.ts';
import { type StackRow, stackRows } from './stack-rows.ts';

/**
 * What the project uses to talk to PostgreSQL.
 *
 * ```ts
 * const { project } = await diagnose({ cwd: 'apps/web' })
 * console.log(project?.packages.map(({ name, version, safe }) => `${name} ${version}: ${safe ?? 'bare'}`))
 * ```
 */
export interface ProjectFacts {
  /** The folder of the nearest package.json. */
  readonly folder: string;
  readonly name?: string;
  readonly manager?: Manager;
  readonly packages: readonly PackageFacts[];
}

/** A library that talks to PostgreSQL. */
export interface PackageFacts {
  readonly name: string;
  /** The range in package.json. */
  readonly range: string;
  readonly version?: string;
  /** What the version comes from. */
  readonly versionFrom?: 'node_modules' | 'lockfile' | 'package.json';
  /** The poolsafe package that takes its place, where there is one. */
  readonly replacement?: string;
  /** Whether that is among the dependencies. */
  readonly safe: boolean;
}

/** Reads package.json, the lockfile and the versions in node_modules. Runs nothing of the project. */
export async function readProject(cwd: string): Promise<ProjectFacts | undefined> {
  const manifest = await nearestManifest(cwd);
  if (manifest === undefined) return undefined;
  const { folder, name, dependencies } = manifest;
  const lockfile = await findLockfile(folder);
  const text = lockfile && (await textOf(lockfile.path));
  const known = stackRows.filter((row) => row.package in dependencies);
  const packages = await Promise.all(
    known.map((row) => packageFacts(row, folder, dependencies, lockfile && { lockfile, text: text ?? '' })),
  );
  return {
    folder,
    ...(name !== undefined && { name }),
    ...(lockfile !== undefined && { manager: lockfile.manager }),
    packages,
  };
}

/** A package.json, as far as it is read. */
export interface Manifest {
  readonly folder: string;
  readonly name: string | undefined;
  /** Of every kind: name and range. */
  readonly dependencies: Readonly<Record<string, string>>;
}

/** The nearest package.json from `folder` upwards. */
export async function nearestManifest(folder: string): Promise<Manifest | undefined> {
  for (const at of upwards(folder)) {
    const text = await textOf(join(at, 'package.json'));
    if (text !== undefined) return manifestOf(at, text);
  }
  return undefined;
}

const kinds = ['peerDependencies', 'optionalDependencies', 'devDependencies', 'dependencies'] as const;

function manifestOf(folder: string, text: string): Manifest {
  const parsed = parsedManifest(folder, text);
  const dependencies = Object.assign({}, ...kinds.map((kind) => parsed[kind] ?? {})) as Record<
    string,
    string
  >;
  return { folder, name: typeof parsed.name === 'string' ? parsed.name : undefined, dependencies };
}

function parsedManifest(folder: string, text: string): Record<string, unknown> {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as Record<string, unknown>;
  } catch (error) {
    throw new Error(`${join(folder, 'package.json')} is not JSON: ${(error as Error).message}`);
  }
}

async function packageFacts(
  row: StackRow,
  folder: string,
  dependencies: Readonly<Record<string, string>>,
  locked: { readonly lockfile: Lockfile; readonly text: string } | undefined,
): Promise<PackageFacts> {
  const name = row.package;
  const range = dependencies[name] ?? '';
  return {
    name,
    range,
    ...(await versionOf(name, range, folder, locked)),
    ...(row.replacement !== undefined && { replacement: row.replacement }),
    safe: row.replacement !== undefined && row.replacement in dependencies,
  };
}

async function versionOf(
  name: string,
  range: string,
  folder: string,
  locked: { readonly lockfile: Lockfile; readonly text: string } | undefined,
): Promise<Pick<PackageFacts, 'version' | 'versionFrom'>> {
  for (const at of upwards(folder)) {
    const text = await textOf(join(at, 'node_modules', name, 'package.json'));
    if (text === undefined) continue;
    const { version } = parsedManifest(dirname(at), text);
    if (typeof version === 'string') return { version, versionFrom: 'node_modules' };
  }
  const version = locked && lockedVersion(locked.lockfile.manager, locked.text, name);
  if (version !== undefined) return { version, versionFrom: 'lockfile' };
  const exact = /^=?v?(\d+\.\d+\.\d+[\w.-]*)$/.exec(range)?.[1];
  return exact === undefined ? {} : { version: exact, versionFrom: 'package.json' };
}
