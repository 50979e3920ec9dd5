import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, posix } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { packed } from '../src/packed.ts';
import { root } from '../src/run.ts';
import { type Manifest, readTarball, type Tarball } from '../src/tarball.ts';

const folders = readdirSync(join(root, 'packages'));
const nameOf = (folder: string): string => (folder.endsWith('poolsafe') ? folder : `@poolsafe/${folder}`);

let tarballs: ReadonlyMap<string, string>;
beforeAll(async () => {
  tarballs = await packed();
}, 180_000);

test('each folder of packages/ is published', () => {
  expect([...tarballs.keys()].sort()).toEqual(folders.map(nameOf).sort());
});

describe.each(folders)('%s', (folder) => {
  let tarball: Tarball;
  let manifest: Manifest;
  beforeAll(async () => {
    tarball = await readTarball(tarballs.get(nameOf(folder))!);
    ({ manifest } = tarball);
  });

  test('has its licence, its README, what is built and its source, and nothing else', () => {
    const others = [...tarball.files.keys()].filter((file) => !/^(dist|src|templates)\//.test(file));
    expect(others.filter((file) => file !== 'CHANGELOG.md').sort()).toEqual([
      'LICENSE',
      'README.md',
      'package.json',
    ]);
    expect(tarball.files.get('LICENSE')).toBe(readFileSync(join(root, 'LICENSE'), 'utf8'));
    const unexpected = [...tarball.files.keys()].filter(
      (file) =>
        (!/^templates\/.*\.ts$/.test(file) && /(^|\/|\.)(test|spec|node_modules)(\/|\.|-d\.)/.test(file)) ||
        /tsbuildinfo/.test(file),
    );
    expect(unexpected).toEqual([]);
    const built = [...tarball.files.keys()].filter((file) => file.startsWith('dist/'));
    expect(built.filter((file) => !/\.(js|js\.map|d\.ts|d\.ts\.map|d\.cts)$/.test(file))).toEqual([]);
    // Declared by nothing that is not there any more; where JavaScript comes from is in its source map.
    const declared = built.filter((file) => /\.d\.c?ts$/.test(file));
    const sourceOf = (file: string) => file.replace('dist/', 'src/').replace(/\.d\.c?ts$/, '.ts');
    expect(declared.filter((file) => !tarball.files.has(sourceOf(file)))).toEqual([]);
  });

  test('says where it comes from', () => {
    const from = `https://github.com/poolsafe/poolsafe`;
    expect(manifest).toMatchObject({
      name: nameOf(folder),
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      description: expect.stringMatching(/\.$/),
      author: 'The poolsafe contributors',
      license: 'MIT',
      type: 'module',
      engines: { node: '>=20.19' },
      homepage: `${from}/tree/main/packages/${folder}#readme`,
      bugs: `${from}/issues`,
      repository: { type: 'git', url: `git+${from}.git`, directory: `packages/${folder}` },
      publishConfig: { access: 'public', provenance: true },
      keywords: expect.arrayContaining(['postgresql', 'pgbouncer']),
    });
  });

  test('has the files that its package.json names', () => {
    const named = JSON.stringify([manifest.exports, manifest.bin ?? {}]).matchAll(
      /"\.\/((?:dist|src)\/[^"]+)"/g,
    );
    const targets = [...named].map(([, file = '']) => file);
    expect(targets.length).toBeGreaterThan(2);
    expect(targets.filter((file) => !tarball.files.has(file))).toEqual([]);
  });

  test('asks for versions that a registry has', () => {
    const { dependencies, optionalDependencies, devDependencies, peerDependencies } = manifest;
    const all = { ...dependencies, ...optionalDependencies, ...devDependencies, ...peerDependencies };
    for (const [name, range] of Object.entries(all)) {
      expect(range, name).toMatch(/^(npm:@?[\w/-]+@)?[~^<>=\d]/);
      if (name.startsWith('@poolsafe/')) expect(range, name).toBe(`^${manifest.version}`);
    }
  });

  test('has no path of the machine that built it', () => {
    const paths = [root, homedir()].map((path) => path.replace(/\/$/, '')).filter(Boolean);
    const telling = [...tarball.files].filter(([, text]) => paths.some((path) => text.includes(`${path}/`)));
    expect(telling.map(([file]) => file)).toEqual([]);
  });

  test('has the source that each source map leads to', () => {
    const maps = [...tarball.files].filter(([file]) => file.endsWith('.map'));
    const lost = maps.flatMap(([file, text]) => {
      const { sources } = JSON.parse(text) as { sources: string[] };
      expect(sources.length, file).toBeGreaterThan(0);
      return sources.map((source) => posix.join(posix.dirname(file), source));
    });
    expect(lost.filter((source) => !tarball.files.has(source))).toEqual([]);
    const compiled = [...tarball.files].filter(([file]) => file.endsWith('.js'));
    for (const [file, text] of compiled) {
      // An entry point whose code stands in a file that others share.
      if (/^export \{[^}]*\} from "[^"]+";\s*$/.test(text)) continue;
      const [, map = ''] = /\n\/\/# sourceMappingURL=(\S+)\s*$/.exec(text) ?? [];
      expect(tarball.files.has(posix.join(posix.dirname(file), map)), file).toBe(true);
    }
  });
});
