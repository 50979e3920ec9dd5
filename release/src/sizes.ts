import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { budgets } from './budgets.ts';
import { type Cost, isOver, measure } from './cost.ts';
import { composition } from './parts.ts';
import { root } from './run.ts';
import { differences, sizesPage } from './sizes-page.ts';

// Measures what was built and writes docs/sizes.md, or compares it with `--check`. Fails where it costs too much.

const page = join(root, 'docs/sizes.md');
const checks = process.argv.includes('--check');

const costs: Cost[] = [];
for (const [directory, budget] of Object.entries(budgets)) {
  // The page has figures, a check only needs to know that they are not over.
  costs.push(...(await measure(directory, budget, checks ? 3 : 25)));
}
const machine = `Node ${process.versions.node}, ${cpus()[0]?.model.trim()}`;
const before = readFileSync(page, 'utf8');
const after = sizesPage(before, costs, { parts: await composition(), machine });
const over = costs.filter(isOver).map(({ name }) => `${name} is over its budget`);
const wrong = checks ? differences(before, after) : [];
if (!checks) writeFileSync(page, after);
console.log(after);
for (const line of [...over, ...wrong]) console.error(line);
if (over.length + wrong.length > 0) process.exitCode = 1;
