import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { matrix, type Result, readResults, summary } from '@poolsafe/conformance';
import { resultsFolder } from '../test/results-folder.ts';

/** Generated parts stand between `<!-- name -->` and `<!-- /name -->` in these files. */
const files = ['README.md', 'docs/conformance.md'];

const results = await readResults(resultsFolder).catch(() => []);
const subjects = [...new Set(results.map(({ subject }) => subject))];
if (subjects.length < 2) throw new Error('There are no results of a whole run yet: run the tests first.');

let stale = false;
for (const file of files) {
  const path = fileURLToPath(new URL(`../../../${file}`, import.meta.url));
  const before = await readFile(path, 'utf8');
  const after = withParts(before, results);
  if (before === after) continue;
  stale = true;
  if (!process.argv.includes('--check')) await writeFile(path, after);
  console.error(
    `${file}: the matrix ${process.argv.includes('--check') ? 'is not what the tests saw' : 'is updated'}`,
  );
}
if (stale && process.argv.includes('--check')) process.exitCode = 1;

function withParts(text: string, all: readonly Result[]): string {
  return text.replace(/<!-- (\S+) -->\n[\s\S]*?<!-- \/\1 -->/g, (_, name: string) => {
    const part = name === 'summary' ? summary(all) : matrix(all, name);
    return `<!-- ${name} -->\n${part}\n<!-- /${name} -->`;
  });
}
