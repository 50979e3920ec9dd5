import { cp, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import validate from 'validate-npm-package-name';
import { templates, templatesFolder } from './templates.ts';

/** What {@link createProject} makes. */
export interface ProjectOptions {
  /** One of {@link templates}. */
  readonly template: string;
  /** Where it goes. There is no such folder, or it is empty but for `.git`. */
  readonly folder: string;
  /** The name in its package.json. Default: that of the folder. */
  readonly name?: string | undefined;
}

/** Why a project was not made. Nothing was written. */
export class CreateError extends Error {
  override readonly name = 'CreateError';
}

/**
 * Copies a template into a folder and gives it a name. It installs nothing.
 *
 * ```ts
 * import { createProject } from 'create-poolsafe'
 *
 * const { folder, name } = await createProject({ template: 'drizzle-hono', folder: 'shop' })
 * ```
 *
 * @throws {CreateError} for a template that there is not, a folder that has something in it, and a name that npm
 * does not take; then nothing is written.
 */
export async function createProject(options: ProjectOptions): Promise<{ folder: string; name: string }> {
  const { template } = options;
  if (!templates().includes(template)) {
    throw new CreateError(`There is no template ${template}. There are: ${templates().join(', ')}.`);
  }
  const folder = resolve(options.folder);
  const name = options.name ?? basename(folder);
  assertName(name);
  await assertEmpty(folder);
  await mkdir(folder, { recursive: true });
  await cp(join(templatesFolder, template), folder, { recursive: true });
  await rename(join(folder, '_gitignore'), join(folder, '.gitignore'));
  await edit(join(folder, 'package.json'), `"name": "${template}"`, `"name": "${name}"`);
  await edit(join(folder, 'README.md'), `# ${template}\n`, `# ${name}\n`);
  return { folder, name };
}

/** @throws {CreateError} where npm does not take it as the name of a new package. */
function assertName(name: string): void {
  const { validForNewPackages, errors = [], warnings = [] } = validate(name);
  if (validForNewPackages) return;
  const why = [...errors, ...warnings].join(', ');
  throw new CreateError(
    `${JSON.stringify(name)} is no name for a package: ${why}. Give another with --name.`,
  );
}

/** @throws {CreateError} where there is something in it besides `.git`. */
export async function assertEmpty(folder: string): Promise<void> {
  const found = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new CreateError(`${folder} cannot be used: ${error.code}.`);
  });
  const [first] = found.filter((entry) => entry !== '.git');
  if (first !== undefined)
    throw new CreateError(`${folder} is not empty: ${first} is in it. Nothing was written.`);
}

async function edit(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  if (!text.includes(from)) throw new Error(`${file} of the template has no ${from}`);
  await writeFile(
    file,
    text.replace(from, () => to),
  );
}
