import { parseArgs } from 'node:util';
import { type Cell, held, red, runOnStack, runOnUrl } from './run.ts';
import { render } from './table.ts';

const usage = `Usage: pnpm demo [--json] [--pooler URL]

Runs the workloads of the bug reports through real PgBouncers, with the bare libraries and with poolsafe.

  --pooler URL  through a pooler of your own: reads nothing of yours, and works in a schema of its own that it removes.
                What the bare libraries leave on server connections (statements, a setting) has that schema's name.
  --json        the same as JSON on standard output

Exit code 0: something broke bare, and poolsafe held everywhere. 1: not so. 2: it could not run. 130: interrupted.`;

const progress = process.stderr.isTTY
  ? (line: string) => process.stderr.write(`\r\x1b[K${line}`)
  : () => true;

class Interrupted extends Error {}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { json: { type: 'boolean' }, pooler: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  // Ends after the case that runs, which then removes its schema. A second one ends at once.
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort(new Interrupted('Interrupted.')));
  const started = performance.now();
  const { cells, notRun } = values.pooler
    ? await runOnUrl(values.pooler, progress, interrupt.signal)
    : await runOnStack(progress, interrupt.signal);
  progress('');
  if (values.json) console.log(JSON.stringify({ cells, notRun }, null, 2));
  else console.log(text(cells, notRun, Math.round((performance.now() - started) / 1000)));
  return cells.every(held) && cells.some(red) ? 0 : 1;
}

function text(cells: readonly Cell[], notRun: readonly string[], seconds: number): string {
  const broken = cells.filter(red).length;
  const failed = cells.filter((cell) => !held(cell)).length;
  const verdict = `Bare, ${broken} of ${cells.length} break. With poolsafe, ${failed} do. ${seconds} s.`;
  return [render(cells), '', ...notRun.map((why) => `not run  ${why}`), verdict].join('\n');
}

process.exitCode = await main().catch((error: Error) => {
  progress('');
  if (error instanceof Interrupted) {
    console.error(error.message);
    return 130;
  }
  console.error(`${error.message}\n\n${usage}`);
  return 2;
});
