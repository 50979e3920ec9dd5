import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import GithubSlugger from 'github-slugger';
import { describe, expect, test } from 'vitest';
import { root } from '../src/run.ts';

const folders = readdirSync(join(root, 'packages'));
const dropIns = ['drizzle', 'kysely', 'pg', 'postgres', 'prisma', 'typeorm'];

/** What the READMEs call the libraries. */
const titles: Readonly<Record<string, string>> = {
  '@prisma/adapter-pg': 'Prisma',
  'drizzle-orm': 'drizzle-orm',
  kysely: 'kysely',
  'kysely-postgres-js': 'kysely-postgres-js',
  pg: 'pg',
  postgres: 'postgres.js',
  typeorm: 'TypeORM',
};

const read = (folder: string, file: string): string =>
  readFileSync(join(root, 'packages', folder, file), 'utf8');

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: string): readonly string[] {
  const slugger = new GithubSlugger();
  const headings = page.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading = '']) => slugger.slug(heading.replace(/\]\([^)]*\)/g, '')));
}

describe.each(folders)('the README of %s', (folder) => {
  const text = read(folder, 'README.md');
  const { name, peerDependencies = {} } = JSON.parse(read(folder, 'package.json'));

  test('says how to install it, and its limits', () => {
    expect(text).toMatch(new RegExp(`^(pnpm add|npm install|npx).* ?${name}( |$)`, 'm'));
    expect(text).toMatch(/^## Limits$/m);
  });

  if (dropIns.includes(folder)) {
    test('shows the swap, and leads to the options', () => {
      expect(text).toMatch(/^```diff\n(- .*\n)+(\+ .*\n)+```$/m);
      expect(text).toContain('](../../docs/options.md)');
      expect(text).toMatch(/poolsafe: \{/);
    });
  }

  test('has the lower end of each peer range', () => {
    const [, limits = ''] = text.split('## Limits\n');
    for (const [peer, range] of Object.entries<string>(peerDependencies)) {
      if (peer.startsWith('@poolsafe/')) continue;
      const [lowest = ''] = /\d[\d.]*/.exec(range) ?? [];
      expect(limits).toMatch(new RegExp(`\\b${titles[peer]} ${lowest.replace(/(\.0)+$/, '')}\\b(?!\\.)`));
    }
  });

  test('has links that lead somewhere, on GitHub and on npmjs.com', () => {
    // npmjs.com resolves relative links against the directory that package.json names.
    for (const [link, path = '', anchor] of text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)) {
      const target = join(root, 'packages', folder, path || 'README.md');
      expect(existsSync(target), link).toBe(true);
      if (anchor === undefined) continue;
      const page = statSync(target).isDirectory() ? join(target, 'README.md') : target;
      expect(anchorsOf(readFileSync(page, 'utf8')), link).toContain(anchor);
    }
  });
});
