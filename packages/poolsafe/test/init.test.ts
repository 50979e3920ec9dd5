import { describe, expect, test } from 'vitest';
import { applySwap, proposeSwap } from '../src/init/propose.ts';
import { folderOf } from './folder.ts';
import { poolsafe } from './poolsafe.ts';

const bare = "import { Pool } from 'pg'\n";
const safe = "import { Pool } from '@poolsafe/pg'\n";
const manifest = { name: 'shop', dependencies: { pg: '^8.11.0' } };

test('looks at what is written by hand, and only there', async () => {
  const hidden = [
    'node_modules/a/i.js',
    'dist/i.js',
    '.next/i.js',
    'ignored/i.ts',
    'src/gone.ts',
    'a.d.ts',
    'a.min.js',
  ];
  await using project = await folderOf({
    'package.json': manifest,
    '.gitignore': '/ignored\n',
    'src/.gitignore': 'gone.ts\n',
    'src/db.ts': bare,
    'src/deep/er/db.mjs': bare,
    'scripts/job.cts': bare,
    'src/generated.ts': `/* DO NOT EDIT */\n${bare}`,
    'src/page.vue': `<script>\n${bare}</script>`,
    'src/broken.ts': `${bare}const = 1`,
    ...Object.fromEntries(hidden.map((name) => [name, bare])),
  });
  const { files, left } = await proposeSwap({ cwd: `${project.path}/src/deep` });
  expect(files.map(({ path }) => path)).toEqual(['scripts/job.cts', 'src/db.ts', 'src/deep/er/db.mjs']);
  expect(left).toMatchObject([
    { path: 'src/broken.ts', why: expect.stringContaining('line 2') },
    { path: 'src/generated.ts', why: expect.stringContaining('generated') },
    { path: 'src/page.vue', why: expect.stringContaining('only JavaScript') },
  ]);
});

test('writes what it has shown, and nothing that has changed since', async () => {
  await using project = await folderOf({ 'package.json': manifest, 'a.ts': bare, 'b.ts': bare });
  const proposal = await proposeSwap({ cwd: project.path });
  expect(await project.read('a.ts')).toBe(bare);
  expect(proposal.files[0]?.diff).toBe(
    "--- a/a.ts\n+++ b/a.ts\n@@ -1,1 +1,1 @@\n-import { Pool } from 'pg'\n+import { Pool } from '@poolsafe/pg'",
  );
  const { writeFile } = await import('node:fs/promises');
  await writeFile(`${project.path}/b.ts`, `${bare}// mine\n`);
  expect(await applySwap(proposal)).toEqual({ written: ['a.ts'], changed: ['b.ts'] });
  expect([await project.read('a.ts'), await project.read('b.ts')]).toEqual([safe, `${bare}// mine\n`]);
});

test('a byte order mark stays; what is not UTF-8 is not touched', async () => {
  await using project = await folderOf({ 'package.json': manifest, 'a.ts': `\uFEFF${bare}` });
  const { writeFile, readFile } = await import('node:fs/promises');
  const latin = Buffer.from(`${bare}// caf\xe9\n`, 'latin1');
  await writeFile(`${project.path}/b.ts`, latin);
  await applySwap(await proposeSwap({ cwd: project.path }));
  expect(await project.read('a.ts')).toBe(`\uFEFF${safe}`);
  expect(await readFile(`${project.path}/b.ts`)).toEqual(latin);
});

describe('what is to be installed', () => {
  test.each([
    ['pnpm-lock.yaml', 'pnpm add @poolsafe/kysely @poolsafe/pg'],
    ['package-lock.json', 'npm install @poolsafe/kysely @poolsafe/pg'],
    ['yarn.lock', 'yarn add @poolsafe/kysely @poolsafe/pg'],
    ['bun.lock', 'bun add @poolsafe/kysely @poolsafe/pg'],
  ])('%s', async (lockfile, command) => {
    await using project = await folderOf({
      'package.json': manifest,
      [lockfile]: '',
      'a.ts': bare,
      'b.ts': "import { Kysely, PostgresDialect } from 'kysely'",
    });
    const { install } = await proposeSwap({ cwd: project.path });
    expect(install).toEqual([{ folder: '.', packages: ['@poolsafe/kysely', '@poolsafe/pg'], command }]);
  });

  test('for each package of a workspace, and until it is in its package.json', async () => {
    await using project = await folderOf({
      'package.json': { name: 'root' },
      'pnpm-lock.yaml': '',
      'apps/web/package.json': manifest,
      'apps/web/db.ts': bare,
      'apps/api/package.json': { ...manifest, devDependencies: { '@poolsafe/pg': '^1' } },
      'apps/api/db.ts': bare,
      'apps/done/package.json': manifest,
      'apps/done/db.ts': safe,
    });
    const { install, files } = await proposeSwap({ cwd: project.path });
    expect(files.map(({ path }) => path)).toEqual(['apps/api/db.ts', 'apps/web/db.ts']);
    expect(install.map(({ folder }) => folder).sort()).toEqual(['apps/done', 'apps/web']);
  });
});

describe('the command', () => {
  test('shows, writes, and has nothing more to do', async () => {
    await using project = await folderOf({
      'package.json': manifest,
      'src/db.ts': bare,
      'src/m.ts': "vi.mock('pg')",
    });
    const shown = await poolsafe(['init'], { cwd: project.path });
    expect(shown.stdout).toContain("\n+import { Pool } from '@poolsafe/pg'");
    expect(shown.stdout).toContain('src/m.ts:1');
    expect(shown.stdout).toContain('npm install @poolsafe/pg');
    expect({ code: shown.code, stderr: shown.stderr, file: await project.read('src/db.ts') }).toEqual({
      code: 1,
      stderr: '',
      file: bare,
    });
    const written = await poolsafe(['init', '--write', '--cwd', project.path]);
    expect(written.stdout).toContain('Swapped the imports of 1 file');
    expect({ code: written.code, file: await project.read('src/db.ts') }).toEqual({ code: 0, file: safe });
    const again = await poolsafe(['init', '--write'], { cwd: project.path });
    expect(again.stdout).toContain('Nothing to swap in this folder.');
    expect(again.code).toBe(0);
  });

  test('--json', async () => {
    await using project = await folderOf({ 'package.json': manifest, 'db.ts': bare });
    const { code, stdout } = await poolsafe(['init', '--json'], { cwd: project.path });
    expect(JSON.parse(stdout)).toEqual({
      folder: expect.stringContaining('poolsafe-project-'),
      files: [{ path: 'db.ts', modules: ['pg'], diff: expect.stringContaining('@@'), written: false }],
      left: [],
      install: [{ folder: '.', packages: ['@poolsafe/pg'], command: 'npm install @poolsafe/pg' }],
    });
    expect(code).toBe(1);
  });

  test('a package.json that is none', async () => {
    await using project = await folderOf({ 'package.json': '{', 'db.ts': bare });
    const { code, stderr } = await poolsafe(['init'], { cwd: project.path });
    expect(stderr).toContain('is not JSON');
    expect(code).toBe(2);
  });

  test('colours on demand only', async () => {
    await using project = await folderOf({ 'package.json': manifest, 'db.ts': bare });
    const plain = await poolsafe(['init'], { cwd: project.path });
    const coloured = await poolsafe(['init'], { cwd: project.path, env: { FORCE_COLOR: '1' } });
    expect([plain, coloured].map(({ stdout }) => stdout.includes('\u001b['))).toEqual([false, true]);
  });
});
