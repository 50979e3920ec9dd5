import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import type { EntryPoint } from './entry-point.ts';

/** Beyond this many processes, a busy machine is no excuse. */
const most = 60;

/**
 * The milliseconds that importing an entry point takes when what it imports from elsewhere is loaded already: the least
 * of `runs` processes, and of more while that is more than `enough`, since other work on the machine only ever adds to
 * it.
 */
export function importTime(
  { file, folder }: EntryPoint,
  imported: readonly string[],
  { runs, enough }: { readonly runs: number; readonly enough: number },
): number {
  const script = scriptFor(pathToFileURL(file).href, imported);
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs || (least > enough && run < most); run++) {
    least = Math.min(least, timeOf(script, folder));
  }
  return least;
}

/** The first file that a process imports costs more than others, so that there is one before. */
const empty = new URL('./empty.js', import.meta.url);

function scriptFor(url: string, imported: readonly string[]): string {
  const before = [empty.href, ...imported].map((name) => `await import(${JSON.stringify(name)});`);
  return `${before.join('')}
    const start = performance.now();
    await import(${JSON.stringify(url)});
    process.stdout.write(String(performance.now() - start));`;
}

function timeOf(script: string, folder: string): number {
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 30_000,
  });
  return Number(printed);
}
