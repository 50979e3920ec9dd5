import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root } from '../pages.ts';
import { type Context, contextOf, contexts } from './context.ts';
import type { Fence } from './fences.ts';
import { generatedClient, writePrismaClient } from './prisma.ts';

/** Where samples become files: no folder of node_modules, so that they are modules of this workspace. */
const samplesFolder: string = join(root, 'docs/.samples');

const require = createRequire(join(root, 'package.json'));
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');

/**
 * The text of a sample as a module. Its lines are those of the page, so that an error names them. Options by
 * themselves, `poolsafe: { … }`, are checked as such.
 */
function moduleOf(fence: Fence): string {
  const { text, line } = fence;
  const isOptions = /^poolsafe: \{[\s\S]*\}\n$/.test(text);
  const code = isOptions
    ? `({ ${text.trimEnd()} }) satisfies { poolsafe: import('@poolsafe/core').PoolsafeOptions }`
    : text
        .replace(/(?<=from )'(@prisma\/client|\.{1,2}\/(.*\/)?generated\/[^']*)'/g, `'${generatedClient}'`)
        .replace(
          /(?<=from )'\.{1,2}\/(?!prisma\/)(?:[\w-]+\/)*([\w-]+)(?:\.[jt]s)?'/g,
          "'../../samples/beside/$1.ts'",
        );
  return `${importsOf(fence)}${'\n'.repeat(line - 1)}${code}\nexport {}\n`;
}

/** The file of a sample, once it is written. */
export function fileOf(fence: Fence): string {
  const name = `${fence.page.replaceAll('/', '__')}__${fence.line}${fence.side ?? ''}.ts`;
  return join(samplesFolder, contextOf(fence), name);
}

/** A docstring may use what its own package exports: the names are the headings of the page. */
function importsOf({ page, text, section }: Fence): string {
  if (!page.startsWith('docs/api/')) return '';
  const exported = /^### (\w+)$/gm;
  const entry = section.slice(0, section.indexOf('\n'));
  const names = [...section.matchAll(exported)].map(([, name = '']) => name);
  const isMade = (name: string) =>
    new RegExp(`^import .*\\b${name}\\b.* from|^(export )?(const|class|interface|type) ${name}\\b`, 'm').test(
      text,
    );
  const used = names.filter(
    (name) => new RegExp(`(?<![.\\w'@/-])${name}\\b(?!')`).test(text) && !isMade(name),
  );
  return used.length === 0 ? '' : `import { ${used.join(', ')} } from '${entry}';`;
}

async function writeSample(fence: Fence): Promise<void> {
  const file = fileOf(fence);
  await mkdir(dirname(file), { recursive: true });
  // Some of those that run would serve for ever.
  const end = fence.marks.includes('run') ? 'process.exit(0)\n' : '';
  await writeFile(file, `${moduleOf(fence)}${end}`);
}

/** Writes the files of the samples, and the client of Prisma that they import, in the place of those of another run. */
export async function writeSamples(samples: readonly Fence[]): Promise<void> {
  await rm(samplesFolder, { recursive: true, force: true });
  await writePrismaClient(samplesFolder);
  await Promise.all(samples.map(writeSample));
}

/** Compiles samples that are written, with the compiler of the repository: what is wrong, as `page:line: message`. */
export async function errorsOf(samples: readonly Fence[]): Promise<string[]> {
  const errors: string[] = [];
  for (const context of contexts) {
    const own = samples.filter((fence) => contextOf(fence) === context);
    if (own.length > 0) errors.push(...(await compile(context)));
  }
  return errors;
}

async function compile(context: Context): Promise<string[]> {
  const config = join(samplesFolder, `tsconfig.${context}.json`);
  const include = ['common', context].map((name) => `../samples/${name}.ts`);
  await writeFile(
    config,
    JSON.stringify({ extends: '../samples/tsconfig.json', include: [...include, `${context}/*.ts`] }),
  );
  const output = await new Promise<string>((resolve) => {
    const options = { cwd: samplesFolder, timeout: 60_000, maxBuffer: 64 * 1024 * 1024 };
    const args = [tsc, '-p', config, '--pretty', 'false'];
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      resolve(stdout || stderr || (error ? `${context}: tsc ended with ${error.code ?? error.signal}` : ''));
    });
  });
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map(onPage);
}

/** `kysely/docs__direct.md__57.ts(60,5): error …` is `docs/direct.md:60:5: error …`. */
const onPage = (line: string): string =>
  line.replace(
    /^[\w-]+\/(.*\.md)__\d+[+-]?\.ts\((\d+),(\d+)\)/,
    (_, page: string, at: string, column: string) => {
      return `${page.replaceAll('__', '/')}:${at}:${column}`;
    },
  );
