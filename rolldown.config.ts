import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { defineConfig, type RolldownOptions } from 'rolldown';

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly '@poolsafe/source': string }>>;
  readonly sideEffects: false | readonly string[];
}

const { exports, sideEffects }: Manifest = JSON.parse(readFileSync('package.json', 'utf8'));

/** What the package exports, and what has to run before its imports and so stays a file of its own. */
const sources = [
  ...Object.values(exports).flatMap((one) => (typeof one === 'string' ? [] : one['@poolsafe/source'])),
  ...(sideEffects || []).filter((file) => file.startsWith('./src/')),
];

/**
 * The build of a published package, run in its folder: a file for each of its entry points, for what some of
 * them share, and for what is loaded when it is first used. They hold the source of that package alone; its
 * declarations are made by `tsc`.
 */
const config: RolldownOptions = defineConfig({
  input: Object.fromEntries(sources.map((file) => [basename(file, '.ts'), file])),
  external: /^[^./]/,
  platform: 'node',
  output: {
    dir: 'dist',
    cleanDir: true,
    chunkFileNames: '[name].js',
    sourcemap: true,
    // The sources are published too.
    sourcemapExcludeSources: true,
    // The declarations have them.
    comments: { jsdoc: false },
  },
});

export default config;
