import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { mayHaveImports, moves, rowFor, swapRows, whyWithout } from '../src/init/swap-rows.ts';

/** Types, which leave nothing to import at run time. */
const types = ['PostgresDialectConfig', 'PostgresJSDialectConfig'];

/** A module as the package that takes its place gets it. */
async function load(to: string, module: string): Promise<Record<string, unknown>> {
  const [, folder = ''] = to.split('/');
  const require = createRequire(new URL(`../../${folder}/package.json`, import.meta.url));
  // For a module of its own, require() would give what is built.
  const path = module === to ? sourceOf(require, to) : require.resolve(module);
  return import(pathToFileURL(path).href);
}

function sourceOf(require: NodeJS.Require, to: string): string {
  const [, folder = '', ...rest] = to.split('/');
  const { exports } = require('./package.json') as { exports: Record<string, Record<string, string>> };
  const entry = exports[['.', ...rest].join('/')]?.['@poolsafe/source'] ?? '';
  return fileURLToPath(new URL(`../../${folder}/${entry}`, import.meta.url));
}

describe.each(swapRows)('$from', ({ from, to, moves: names, lacks = [] }) => {
  test('has all its names in the other module', async () => {
    const [before, after] = await Promise.all([load(to, from), load(to, to)]);
    const wanted = (names ?? Object.keys(before)).filter(
      (name) => !lacks.includes(name) && !types.includes(name),
    );
    expect(wanted.length).toBeGreaterThan(0);
    const isMissing = (name: string) => !(name in after) && name !== 'module.exports';
    expect(wanted.filter(isMissing)).toEqual([]);
    expect(lacks.filter((name) => name in after)).toEqual([]);
  });

  test('is found before anything is parsed, in each kind of quotation marks', () => {
    for (const quote of ["'", '"', '`']) expect(mayHaveImports.test(`${quote}${from}${quote}`)).toBe(true);
    expect(mayHaveImports.test(`'my-${from}'`)).toBe(false);
    expect(rowFor(from)?.to).toBe(to);
    expect(whyWithout(from)).toBeUndefined();
  });
});

test('a name that moves, and one that does not', () => {
  const [pg, kysely] = [rowFor('pg'), rowFor('kysely')];
  expect([moves(pg!, 'Pool'), moves(pg!, 'native')]).toEqual([true, false]);
  expect([moves(kysely!, 'PostgresDialect'), moves(kysely!, 'Kysely')]).toEqual([true, false]);
});
