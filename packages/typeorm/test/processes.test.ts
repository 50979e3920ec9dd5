import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';

const database = await openDatabase(inject('servers'));
afterAll(() => database[Symbol.asyncDispose]());

const cli = createRequire(import.meta.url).resolve('typeorm/cli.js');
const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const withTypes = process.features.typescript ? [] : ['--import', 'tsx'];
const conditions = ['--conditions=@poolsafe/source', ...withTypes];

/** What a process of its own prints. It must end by itself: a handle that stays open would time out. */
async function run(args: string[], env: Readonly<Record<string, string>>): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [...conditions, ...args], {
    env: { ...process.env, ...env },
    timeout: 25_000,
  });
  return stdout;
}

for (const kind of ['application-commonjs.cjs', 'application-module.mjs']) {
  test(`decorators and reflect-metadata | ${kind}`, async () => {
    const application = (LIBRARY: string, URL: string) => run([fixture(kind)], { LIBRARY, URL });
    const bare = await application('typeorm', database.direct.url);
    expect(JSON.parse(bare)).toMatchObject({
      kinds: [true, true, true],
      types: ['Number', 'String', 'Date'],
    });
    expect(await application('@poolsafe/typeorm', database.through('1.18').url)).toBe(bare);
    expect(await application('@poolsafe/typeorm', database.through('latest').url)).toBe(bare);
  });
}

test('three deployments at once with the command line of TypeORM', async () => {
  const { url } = database.through('latest');
  const migrate = () => run([cli, 'migration:run', '--dataSource', fixture('data-source.cjs')], { URL: url });
  const said = await Promise.all([migrate(), migrate(), migrate()]);
  expect(said.filter((text) => text.includes('has been executed successfully'))).toHaveLength(1);
  expect(said.filter((text) => text.includes('No migrations are pending'))).toHaveLength(2);
});
