import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { project } from '../src/project.ts';

test('a project: ours from tarballs, another Node, a deadline, and nothing is left', async () => {
  await using app = await project({
    dependencies: { '@poolsafe/pg': '*', pg: '8.23.1' },
    files: {
      'main.cjs': "console.log(process.version, typeof require('@poolsafe/pg').Pool)",
      'sleep.cjs':
        "require('child_process').execFileSync(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])",
    },
    nodes: ['20.19.0'],
  });
  expect(await app.run('node', ['main.cjs'], { node: '20.19.0' })).toEqual({
    code: 0,
    stdout: 'v20.19.0 function\n',
    stderr: expect.any(String),
    late: false,
  });
  expect((await app.run('node', ['main.cjs'])).stdout).toBe(`${process.version} function\n`);
  expect(await app.run('node', ['sleep.cjs'], { deadline: 500 })).toMatchObject({ code: null, late: true });
  await app[Symbol.asyncDispose]();
  expect(existsSync(app.folder)).toBe(false);
}, 300_000);
