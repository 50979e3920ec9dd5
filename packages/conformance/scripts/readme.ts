import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { matrix, type Result, readResults, summary } from '@poolsafe/conformance';
import { resultsFolder } from '../test/results-folder.ts';
import { assertComplete } from './complete.ts';

/** Generated parts stand between `<!-- name -->` and `<!-- /name -->` in these files, those of all stacks in the last. */
const files = ['README.md', 'docs/conformance.md'];

const part = /<!-- (\S+) -->\n[\s\S]*?<!-- \/\1 -->/g;
const pathOf = (file: string) => fileURLToPath(new URL(`../../../${file}`, import.meta.url));
const texts = await Promise.all(files.map((file) => readFile(pathOf(file), 'utf8')));
const names = [...(texts.at(-1) ?? '').matchAll(part)].map(([, name = '']) => name);

const results = await readResults(resultsFolder).catch(() => []);
assertComplete(
  results,
  names.filter((name) => name !== 'summary'),
);

const checks = process.argv.includes('--check');
for (const [i, file] of files.entries()) {
  const before = texts[i] ?? '';
  const after = withParts(before, results);
  if (before === after) continue;
  if (checks) process.exitCode = 1;
  else await writeFile(pathOf(file), after);
  console.error(`${file}: the matrix ${checks ? 'is not what the tests saw' : 'is updated'}`);
}

function withParts(text: string, all: readonly Result[]): string {
  return text.replace(part, (_, name: string) => {
    const generated = name === 'summary' ? summary(all) : matrix(all, name);
    return `<!-- ${name} -->\n${generated}\n<!-- /${name} -->`;
  });
}
