import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../packages/pg/test/database.ts';
import { root } from '../src/pages.ts';
import { errorsOf, fileOf, writeSamples } from '../src/samples/compile.ts';
import { contextOf } from '../src/samples/context.ts';
import { fences, sidesOf } from '../src/samples/fences.ts';

const all = fences();
const samples = all.filter(({ language }) => language === 'ts');
const sides = all.filter(({ language }) => language === 'diff').flatMap(sidesOf);
/** `<!-- sample: not compiled, why -->` */
const left = samples.filter(({ marks }) => marks.includes('not compiled'));
const compiled = [...samples, ...sides].filter((sample) => !left.includes(sample));
/** `<!-- sample: run -->`: these are programs, with the names of docs/samples/running. */
const programs = samples.filter(({ marks }) => marks.includes('run'));

const database = await openDatabase(
  inject('servers'),
  `create table notes (id serial primary key, tenant int default nullif(current_setting('app.tenant_id', true), '')::int,
    body text not null, done boolean not null default false)`,
  "insert into notes (tenant, body, done) values (7, 'theirs', true), (8, 'of others', false)",
  'create table reports (id serial primary key, body text)',
);
afterAll(() => database[Symbol.asyncDispose]());
beforeAll(() => writeSamples(compiled));

test('Each sample compiles, and both sides of each diff', { timeout: 120_000 }, async () => {
  expect(samples.length).toBeGreaterThan(100);
  expect(sides.length).toBeGreaterThan(15);
  expect(await errorsOf(compiled)).toEqual([]);
});

test('None is left out', () => {
  expect(left.map(({ page, line }) => `${page}:${line}`)).toEqual([]);
});

test('There are programs for each stack', () => {
  expect(new Set(programs.map(contextOf)).size).toBeGreaterThan(5);
});

test.each(programs)('$page:$line runs through a pooler', { timeout: 60_000 }, async (program) => {
  const names = pathToFileURL(join(root, 'docs/samples/running', `${contextOf(program)}.ts`)).href;
  const args = ['--conditions=@poolsafe/source', '--import', 'tsx', '--import', names, fileOf(program)];
  const env = {
    ...process.env,
    DATABASE_URL: database.through('1.18').url,
    DIRECT_URL: database.direct.url,
  };
  await promisify(execFile)(process.execPath, args, { cwd: root, env, timeout: 30_000 });
});
