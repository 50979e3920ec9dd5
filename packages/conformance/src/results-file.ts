import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Result } from './conformance.ts';

/** Writes the results of one subject as JSON into `folder`, for {@link readResults}. */
export async function writeResults(folder: string, results: readonly Result[]): Promise<void> {
  const [first] = results;
  if (first === undefined) throw new Error('There are no results to write.');
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, `${first.subject.replace(/\W+/g, '-')}.json`),
    JSON.stringify(results, null, 1),
  );
}

/** All results in `folder`, subjects in the order of their names. */
export async function readResults(folder: string): Promise<Result[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  const all = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return all.flatMap((text) => JSON.parse(text) as Result[]);
}
