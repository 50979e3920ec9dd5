import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { apiPages } from '../src/api/page.ts';
import { root } from '../src/pages.ts';

/** Writes the pages of docs/api; with `--check`, says which are not what the docstrings give. */
const folder = join(root, 'docs/api');
const checks = process.argv.includes('--check');
const pages = apiPages();
await mkdir(folder, { recursive: true });

for (const name of new Set([...pages.keys(), ...(await readdir(folder))])) {
  const text = pages.get(name);
  const before = await readFile(join(folder, name), 'utf8').catch(() => undefined);
  if (before === text) continue;
  if (checks) process.exitCode = 1;
  else if (text === undefined) await rm(join(folder, name));
  else await writeFile(join(folder, name), text);
  console.error(
    `docs/api/${name}: ${checks ? 'is not what the docstrings say: pnpm docs:api' : 'is updated'}`,
  );
}
