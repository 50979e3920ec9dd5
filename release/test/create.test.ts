import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Project, project } from '../src/project.ts';
import { root } from '../src/run.ts';

let home: Project;

beforeAll(async () => {
  home = await project({ dependencies: { 'create-poolsafe': '*' } });
}, 330_000);
afterAll(() => home[Symbol.asyncDispose]());

const create = (...args: string[]) => home.run('create-poolsafe', args);

const listed = await promisify(execFile)('git', ['ls-files', 'examples'], { cwd: root });
/** The files of each example that belong to the repository. */
const examples = new Map<string, string[]>();
for (const path of listed.stdout.split('\n')) {
  const [, name, file] = path.split('/');
  if (name && file) examples.set(name, [...(examples.get(name) ?? []), path]);
}

test.each([...examples])('%s becomes a project with a name of its own', async (template, paths) => {
  const { code, stdout, stderr } = await create(`apps/${template}-app`, '--template', template);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`cd apps/${template}-app`);
  const folder = join(home.folder, 'apps', `${template}-app`);
  const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  expect(files.map((file) => file.replace(folder, `examples/${template}`)).sort()).toEqual(paths.sort());
  for (const path of paths) {
    const [made, original] = await Promise.all([
      readFile(path.replace(`examples/${template}`, folder), 'utf8'),
      readFile(join(root, path), 'utf8'),
    ]);
    expect(made).toBe(
      original
        .replace(`"name": "${template}"`, `"name": "${template}-app"`)
        .replace(`# ${template}\n`, `# ${template}-app\n`),
    );
  }
});

test('--name, and a folder that only has a repository', async () => {
  await mkdir(join(home.folder, 'named/.git'), { recursive: true });
  expect((await create('named', '-t', 'drizzle-hono', '-n', '@shop/notes')).code).toBe(0);
  const manifest = await readFile(join(home.folder, 'named/package.json'), 'utf8');
  expect(JSON.parse(manifest)).toMatchObject({ name: '@shop/notes' });
});

test('a folder that is not empty stays as it was', async () => {
  const folder = join(home.folder, 'full');
  await mkdir(folder);
  await writeFile(join(folder, 'mine.txt'), 'mine');
  const { code, stderr } = await create('full', '-t', 'drizzle-hono');
  expect(code).toBe(2);
  expect(stderr).toContain('is not empty: mine.txt is in it');
  expect(await readdir(folder)).toEqual(['mine.txt']);
});

test.each([
  [['a', '-t', 'rails'], 'There is no template rails. There are: drizzle-hono'],
  [['a'], 'without --template'],
  [[], 'without the folder'],
  [['UPPER case', '-t', 'drizzle-hono'], 'is no name for a package'],
  [['package.json', '-t', 'drizzle-hono'], 'cannot be used: ENOTDIR'],
])('%j writes nothing and says why', async (args, message) => {
  const before = await readdir(home.folder);
  const { code, stderr } = await create(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
  expect(await readdir(home.folder)).toEqual(before);
});
