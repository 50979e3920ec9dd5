import { appendFile, cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { packed } from './packed.ts';
import { type Ended, mustRun, root, run } from './run.ts';

/** What an empty project shall have. */
export interface ProjectSpec {
  /** By their path in the project. What is no text is written as JSON. */
  readonly files?: Readonly<Record<string, string | object>>;
  /** Ranges as in a package.json. Those of our own packages do not count: they are the packed ones. */
  readonly dependencies?: Readonly<Record<string, string>>;
  /** Versions of Node that commands can run on, from npm's `node-…` packages: `['20.19.0', '26.10.0']`. */
  readonly nodes?: readonly string[];
  /** Fields of the package.json beside name and dependencies: `{ type: 'module' }`. */
  readonly manifest?: Readonly<Record<string, unknown>>;
}

/** How a command runs in a project. */
export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** One of the `nodes` of the project; without it, the Node that runs this. */
  readonly node?: string;
  /** Milliseconds, 60 seconds by default. Then the command is killed with all that it started. */
  readonly deadline?: number;
}

/** A project outside of the repository, removed at the end of its block. */
export interface Project extends AsyncDisposable {
  /** The absolute path of its folder. */
  readonly folder: string;
  write(files: NonNullable<ProjectSpec['files']>): Promise<void>;
  /**
   * Runs a command in the folder, its own `node_modules/.bin` first on the PATH, without a shell. Never throws for
   * how it ended.
   */
  run(command: string, args?: readonly string[], options?: CommandOptions): Promise<Ended>;
}

export type { Ended };

/**
 * Makes an empty project in the system's folder for temporary files and installs into it with pnpm: our packages from
 * the tarballs of {@link packed}, also where they depend on each other, the rest from the registry, or from
 * pnpm's store where it is there. No build script of a dependency runs.
 *
 * ```ts
 * await using app = await project({
 *   dependencies: { '@poolsafe/pg': '*', pg: '8.23.1' },
 *   files: { 'main.cjs': "console.log(typeof require('@poolsafe/pg').Pool)" },
 *   nodes: ['20.19.0'],
 * });
 * const { code, stdout } = await app.run('node', ['main.cjs'], { node: '20.19.0', deadline: 10_000 });
 * ```
 *
 * Throws when the installation fails or takes more than five minutes.
 */
export async function project({ files = {}, ...spec }: ProjectSpec): Promise<Project> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'poolsafe-project-')));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await writeFiles(folder, { ...(await manifests(spec)), ...files });
    await install(folder);
    // Of several Nodes one would be first on the PATH.
    for (const name of ['node', 'node.CMD'])
      await rm(join(folder, 'node_modules/.bin', name), { force: true });
  } catch (error) {
    await remove();
    throw error;
  }
  return projectIn(folder, remove);
}

/**
 * Copies a folder of the repository out of it and installs it as it is. Nothing of it changes but the end of its
 * `pnpm-workspace.yaml`, which says where our own packages are, as long as no registry does.
 *
 * ```ts
 * await using app = await copied('examples/drizzle-hono');
 * const { code } = await app.run('npx', ['-y', 'pnpm@12', 'test'], { deadline: 120_000 });
 * ```
 *
 * Throws when the installation fails or takes more than five minutes.
 */
export async function copied(source: string): Promise<Project> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'poolsafe-copy-')));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const isSource = (path: string) => !/[\\/](node_modules|dist|\.env)$/.test(path);
    await cp(join(root, source), folder, { recursive: true, filter: isSource });
    const overrides = `\noverrides: ${JSON.stringify(await tarballs())}\n`;
    await appendFile(join(folder, 'pnpm-workspace.yaml'), overrides);
    await install(folder);
  } catch (error) {
    await remove();
    throw error;
  }
  return projectIn(folder, remove);
}

function projectIn(folder: string, remove: () => Promise<void>): Project {
  return {
    folder,
    write: (more) => writeFiles(folder, more),
    run: (command, args = [], { node, ...options } = {}) => {
      const path = [join(folder, 'node_modules/.bin'), ...(node ? [nodeFolder(folder, node)] : [])];
      return run(command, args, { cwd: folder, path, ...options });
    },
    [Symbol.asyncDispose]: remove,
  };
}

async function install(folder: string): Promise<void> {
  const args = ['-y', 'pnpm@12', 'install', '--prefer-offline', '--no-frozen-lockfile'];
  await mustRun('npx', args, { cwd: folder, deadline: 300_000 });
}

/** What stands for our own packages in an installation: {@link packed}, as pnpm's `overrides`. */
async function tarballs(): Promise<Record<string, string>> {
  return Object.fromEntries([...(await packed())].map(([name, path]) => [name, `file:${path}`]));
}

async function manifests(spec: ProjectSpec): Promise<Record<string, string | object>> {
  const ours = await tarballs();
  const dependencies: Record<string, string> = {};
  for (const [name, range] of Object.entries(spec.dependencies ?? {})) {
    dependencies[name] = ours[name] ?? range;
  }
  for (const version of spec.nodes ?? []) dependencies[aliasOf(version)] = `npm:${nodePackage}@${version}`;
  return {
    'package.json': { name: 'a-project', private: true, ...spec.manifest, dependencies },
    // JSON is YAML. What would otherwise stop the installation: build scripts that nobody has decided about.
    'pnpm-workspace.yaml': { packages: [], overrides: ours, strictDepBuilds: false, pmOnFail: 'ignore' },
  };
}

/** What the npm package `node` installs for this machine; by itself it needs no build script. */
const nodePackage = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
const aliasOf = (version: string): string => `node-${version}`;
const nodeFolder = (folder: string, version: string): string =>
  join(folder, 'node_modules', aliasOf(version), 'bin');

async function writeFiles(folder: string, files: NonNullable<ProjectSpec['files']>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`);
  }
}
