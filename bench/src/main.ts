import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { machine } from './machine.ts';
import { page, showPart } from './page.ts';
import { type Measured, type PartName, parts } from './parts.ts';
import { plot } from './plot.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    pairs: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const { json, only, write } = values;
const names = Object.keys(parts) as PartName[];
if (only !== undefined && !names.some((name) => name === only)) {
  throw new Error(`--only is "${only}"; it can be ${names.map((name) => `"${name}"`).join(', ')}.`);
}
if (write && only !== undefined)
  throw new Error('--write writes the results of one whole run: leave --only out.');
const pairsOf = (name: PartName) => Number(values.pairs ?? parts[name].pairs);
if (!names.map(pairsOf).every((pairs) => Number.isSafeInteger(pairs) && pairs > 0)) {
  throw new Error(`--pairs is "${values.pairs}"; it is a whole number of rounds.`);
}

const on = machine();
if (!json) console.log(`Node ${on.node}, ${on.processors}`);
const measured: Partial<Record<PartName, unknown>> = {};
const pairs: Partial<Record<PartName, number>> = {};
for (const name of names) {
  if (only !== undefined && name !== only) continue;
  pairs[name] = pairsOf(name);
  measured[name] = await parts[name].run(pairsOf(name));
  if (json) continue;
  console.log(`\n## ${parts[name].title}\n\n${showPart(name, measured as Measured, pairsOf(name))}`);
}

if (json) console.log(JSON.stringify({ machine: on, pairs, ...measured }, null, 2));
if (write) {
  const whole = measured as Measured;
  const docs = new URL('../../docs/', import.meta.url);
  writeFileSync(new URL('benchmarks.md', docs), page(whole, on, pairsOf));
  writeFileSync(new URL('benchmarks.svg', docs), plot(whole.stacks.results));
}
