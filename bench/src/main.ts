import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { classify } from '@poolsafe/core';
import { Pool as SafePool } from '@poolsafe/pg';
import { type Stack, startStack } from '@poolsafe/stack';
import pg from 'pg';

/** What poolsafe costs: pairs of bare and poolsafe taken in turn, in one run. Absolute times are this machine's. */
interface Ratio {
  readonly what: string;
  /** Statements per second, medians. */
  readonly bare: number;
  readonly poolsafe: number;
  /** poolsafe / bare of each pair: least, median, most. */
  readonly ratio: readonly [number, number, number];
}

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, pairs: { type: 'string', default: '9' } },
});
const pairs = Number(values.pairs);
const statements = 3000;

const select = 'select id, name from item where id = $1';

async function throughput(pool: pg.Pool): Promise<number> {
  const started = performance.now();
  let left = statements;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await pool.query(select, [(left % 1000) + 1]);
    }
  };
  await Promise.all(Array.from({ length: 10 }, worker));
  return (statements / (performance.now() - started)) * 1000;
}

async function compare(what: string, url: string): Promise<Ratio> {
  const bare = new pg.Pool({ connectionString: url, max: 10 });
  const safe = new SafePool({ connectionString: url, max: 10 });
  const runs: [number, number][] = [];
  // The first pair warms both up.
  for (let i = 0; i <= pairs; i += 1) {
    const pair: [number, number] = [await throughput(bare), await throughput(safe)];
    if (i > 0) runs.push(pair);
  }
  await Promise.all([bare.end(), safe.end()]);
  const ratios = runs.map(([a, b]) => b / a).sort((a, b) => a - b);
  return {
    what,
    bare: median(runs.map(([a]) => a)),
    poolsafe: median(runs.map(([, b]) => b)),
    ratio: [ratios.at(0) ?? 0, median(ratios), ratios.at(-1) ?? 0],
  };
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Texts per second, each seen for the first time, so that no memory of earlier ones helps. */
function classified(): number {
  const texts = Array.from(
    { length: 200_000 },
    (_, i) => `select "id", "name" from "item_${i}" where "id" = $1`,
  );
  const started = performance.now();
  for (const text of texts) classify(text);
  return (texts.length / (performance.now() - started)) * 1000;
}

async function run(stack: Stack): Promise<Ratio[]> {
  const database = await stack.createDatabase();
  const setup = new pg.Client({ connectionString: stack.postgres.url(database) });
  await setup.connect();
  await setup.query(`create table item as select i as id, 'item ' || i as name from generate_series(1, 1000) i;
    alter table item add primary key (id); analyze item`);
  await setup.end();
  const targets: [string, string][] = [
    ...stack.pgbouncers.map(({ name, url }): [string, string] => [`PgBouncer ${name}`, url(database)]),
    ['direct', stack.postgres.url(database)],
  ];
  const ratios: Ratio[] = [];
  for (const [what, url] of targets) ratios.push(await compare(what, url));
  return ratios;
}

await using stack = await startStack();
const ratios = await run(stack);
const classifiedPerSecond = Math.round(classified());
const machine = `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`;

if (values.json) {
  console.log(JSON.stringify({ machine, pairs, ratios, classifiedPerSecond }, null, 2));
} else {
  console.log(`pg, primary-key select, 10 clients, ${pairs} pairs in turn. ${machine}`);
  for (const { what, bare, poolsafe, ratio } of ratios) {
    const [least, middle, most] = ratio.map((number) => number.toFixed(2));
    console.log(
      `${what.padEnd(18)} bare ${bare.toFixed(0)}/s, poolsafe ${poolsafe.toFixed(0)}/s, ratio ${middle} (${least} to ${most})`,
    );
  }
  console.log(`classify: ${classifiedPerSecond} new texts/s`);
}
