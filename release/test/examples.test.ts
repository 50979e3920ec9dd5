import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copied, type Project } from '../src/project.ts';
import { root } from '../src/run.ts';

const folder = join(root, 'examples');
const entries = await readdir(folder, { withFileTypes: true });
const examples = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);

describe.each(examples)('examples/%s, copied out of the repository', (name) => {
  let project: Project;

  beforeAll(async () => {
    project = await copied(`examples/${name}`);
  }, 330_000);
  afterAll(() => project[Symbol.asyncDispose]());

  test.each(['run check', 'test'])('pnpm %s', { timeout: 180_000 }, async (command) => {
    // Prisma would fetch an engine that nothing here uses.
    const env = { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath };
    const args = ['-y', 'pnpm@12', ...command.split(' ')];
    const { code, stdout, stderr } = await project.run('npx', args, { env, deadline: 170_000 });
    expect({ code, output: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, output: '' });
    if (command === 'test') expect(stdout).toMatch(/^ℹ pass [1-9]/m);
  });
});

const read = (...path: string[]) => readFile(join(folder, ...path), 'utf8');

test('what examples have in common is the same in all of them', async () => {
  const overHttp = examples.filter((name) => name !== 'postgres-worker');
  const tests = await Promise.all(overHttp.map((name) => read(name, 'test/notes.test.ts')));
  const composed = await Promise.all(examples.map((name) => read(name, 'docker-compose.yml')));
  expect(new Set(tests).size).toBe(1);
  expect(new Set(composed).size).toBe(1);
});
