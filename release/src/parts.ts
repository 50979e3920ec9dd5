import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { minifySync } from 'rolldown/utils';
import { gzipped } from './entry-size.ts';
import { root } from './run.ts';

/** What the guard of `@poolsafe/core` is made of, by the names of its modules. The first that fits counts. */
const parts: readonly (readonly [part: string, modules: RegExp])[] = [
  ['reading SQL as PostgreSQL does', /\/(?:sql-.+|classify|effects|examine|memo|transaction-text)\.ts$/],
  ['settings: `withSettings`, startup parameters', /\/(?:settings.*|startup|url-keys)\.ts$/],
  ['why each hazard is refused, and its fix', /\/refusals\.ts$/],
  ['the hints of errors', /\/hints\.ts$/],
  ['the poolers, and how to recognise them', /\/(?:poolers|recognise)\.ts$/],
  ['naming statements, the probe', /\/(?:statements|shared-statements|stale-statement|probe)\.ts$/],
  ['options, plan, errors, reports', /\/(?:options|plan|errors|report|lost-connection|target|index)\.ts$/],
  ['`pg-connection-string`, which `pg` uses too', /\/pg-connection-string\//],
  ['the bundler', /rolldown\/runtime/],
];

/** How much each part takes, in bytes: its share of the minified text, as that of the gzipped. */
export async function composition(): Promise<readonly (readonly [part: string, bytes: number])[]> {
  const bundle = await rolldown({ input: join(root, 'packages/core/src/index.ts'), platform: 'node' });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  await bundle.close();
  const [{ code, modules }] = output;
  const sizes = new Map<string, number>();
  let whole = 0;
  for (const [id, { code: rendered }] of Object.entries(modules)) {
    const length = minifySync(id, rendered ?? '').code.length;
    const [part] = parts.find(([, names]) => names.test(id)) ?? [];
    if (part === undefined) throw new Error(`${id} belongs to no part in release/src/parts.ts.`);
    sizes.set(part, (sizes.get(part) ?? 0) + length);
    whole += length;
  }
  const zipped = gzipped(code);
  return [...sizes]
    .map(([part, length]) => [part, (length / whole) * zipped] as const)
    .filter(([, bytes]) => bytes > 0)
    .sort((a, b) => b[1] - a[1]);
}
