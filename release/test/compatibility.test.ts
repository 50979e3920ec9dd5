import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Database, openDatabase } from '../../packages/pg/test/database.ts';
import { keyOf, page, regenerated } from '../src/compatibility-page.ts';
import { knownAt } from '../src/known.ts';
import type { Project } from '../src/project.ts';
import { type Format, formats, runtimes } from '../src/runtimes.ts';
import { deno, nodes, type StackName, smokeProject, stacks, typescripts } from '../src/smoke-project.ts';
import { compile, type Mode, modes, type TypeCheck, typeCheck } from '../src/type-check.ts';

// docs/compatibility.md is written anew by running this file with `-u`.

const names = Object.keys(stacks) as StackName[];
const ran = new Map<string, 'works' | 'known'>();
const checked = new Map<string, 'works' | 'known'>();

let app: Project;
let database: Database;

beforeAll(async () => {
  database = await openDatabase(inject('servers'), 'create table numbers (n int primary key)');
  await database.admin('insert into numbers values (7)');
  await database.admin(`grant all on numbers to ${database.role}`);
  app = await smokeProject();
  await compile(app, typescripts[1]);
}, 360_000);

afterAll(async () => {
  await app?.[Symbol.asyncDispose]();
  await database?.[Symbol.asyncDispose]();
});

describe.each(typescripts)('TypeScript %s', (typescript) => {
  describe.each(Object.keys(modes) as Mode[])('%s', (mode) => {
    let check: TypeCheck;
    beforeAll(async () => {
      check = await typeCheck(app, typescript, mode);
    }, 120_000);

    test.each(names)('%s', (stack) => {
      const where = `TypeScript ${typescript}`;
      const row = knownAt(stack, mode, where);
      if (row) expect(check.codesOf(stack).join(), check.text).toMatch(row.error);
      else expect(check.codesOf(stack), check.text).toEqual([]);
      checked.set(keyOf(stack, mode, where), row ? 'known' : 'works');
    });

    // Where programs may not import us at all, our declarations may not import each other.
    if (!knownAt('pg', mode, `TypeScript ${typescript}`)) {
      test('our own declarations', () => expect(check.ours).toEqual([]));
    }
  });
});

/** The same with every stack, through both poolers. */
const seen = { query: 7, transaction: 'Ada', setting: '7', after: 'none', refused: 'POOLSAFE_SESSION_SET' };

describe.each([...runtimes.keys()])('%s', (runtime) => {
  describe.each(Object.keys(formats) as Format[])('%s', (format) => {
    test.each(names)(
      '%s',
      async (stack) => {
        const urls = ['1.18', 'latest'].map((pooler) => database.through(pooler).url);
        const env = { SMOKE_URLS: JSON.stringify(urls) };
        const { code, stdout, stderr, late } = await runtimes.get(runtime)!(
          app,
          `out/${stack}.${formats[format]}`,
          env,
        );
        const row = knownAt(stack, format, runtime);
        if (row) expect(stderr).toMatch(row.error);
        else
          expect({ code, late, stdout: stdout.trim().split('\n') }, stderr).toEqual({
            code: 0,
            late: false,
            stdout: urls.map(() => JSON.stringify(seen)),
          });
        ran.set(keyOf(stack, format, runtime), row ? 'known' : 'works');
      },
      60_000,
    );
  });
});

test('Deno sees no names of the generated client without poolsafe, either', async () => {
  await app.write({ 'bare.mjs': "import { PrismaClient } from '@prisma/client'; new PrismaClient()" });
  const { stderr } = await app.run('node_modules/deno/deno', ['run', '--allow-all', 'bare.mjs']);
  expect(stderr).toMatch(knownAt('prisma', 'ES modules', `Deno ${deno.version}`)!.error);
});

describe.each(nodes)('the command on Node %s', (node) => {
  test('its version', async () => {
    const { code, stdout } = await app.run('npx', ['--no', 'poolsafe', '--version'], { node });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  test('explain', async () => {
    const text = 'prepared statement "s0" already exists';
    const { code, stdout } = await app.run('npx', ['--no', 'poolsafe', 'explain', text], { node });
    expect(stdout).toContain('another client prepared a statement of this name');
    // Something was found.
    expect(code).toBe(1);
  });
});

test('docs/compatibility.md has what was seen', async () => {
  await expect(await regenerated(ran, checked)).toMatchFileSnapshot(page);
});
