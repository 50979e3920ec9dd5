import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { benchClassify, showClassified } from './classify.ts';
import { benchPg, showPg } from './pg.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    pairs: { type: 'string', default: '31' },
  },
});
const { json, only } = values;
if (only !== undefined && only !== 'classify' && only !== 'pg') {
  throw new Error(`--only is "${only}"; it can be "classify" or "pg".`);
}
const pairs = Number(values.pairs);
const machine = `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`;

const classified = only === 'pg' ? undefined : benchClassify(pairs);
const ratios = only === 'classify' ? undefined : await benchPg(pairs);

if (json) {
  console.log(JSON.stringify({ machine, pairs, ratios, classified }, null, 2));
} else {
  console.log(machine);
  if (classified !== undefined) console.log(`\n${showClassified(classified)}`);
  if (ratios !== undefined) console.log(`\n${showPg(ratios, pairs)}`);
}
