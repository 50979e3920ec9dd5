import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { addressOf, linkOnSite, root } from '../src/pages.ts';
import { sidebar } from '../src/sidebar.ts';

const linked = sidebar().flatMap(({ items }) => items.map(({ link }) => link));

test('Each page under docs/ and each README of a package is in the sidebar, once', () => {
  const files = ['docs', 'packages']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) =>
        join(folder, path),
      ),
    )
    .filter((path) => /^docs[/].*[.]md$|^packages[/][^/]+[/]README[.]md$/.test(path));
  const pages = ['README.md', ...files.filter((path) => !path.includes('node_modules'))];
  expect(pages.length).toBeGreaterThan(40);
  expect(linked.filter((link, i) => linked.indexOf(link) !== i)).toEqual([]);
  expect(pages.map(addressOf).filter((address) => !linked.includes(address))).toEqual([]);
});

test.each([
  ['docs/options.md', 'settings.md#prisma', '/settings#prisma'],
  ['docs/options.md', '../packages/pg#named-statements', '/packages/pg/#named-statements'],
  ['packages/pg/README.md', '../../docs/hazards/README.md', '/hazards/'],
  ['README.md', 'packages/pg', '/packages/pg/'],
  ['docs/options.md', '../README.md', '/'],
  ['README.md', 'LICENSE', 'https://github.com/poolsafe/poolsafe/blob/main/LICENSE'],
  ['README.md', 'packages/pg/src', 'https://github.com/poolsafe/poolsafe/tree/main/packages/pg/src'],
  ['README.md', '#what-it-refuses', '#what-it-refuses'],
  ['README.md', 'https://node-postgres.com', 'https://node-postgres.com'],
  ['README.md', 'docs/nothing.md', 'docs/nothing.md'],
])('A link of %s to %s is %s on the site', (page, href, expected) => {
  expect(linkOnSite(page, href)).toBe(expected);
});
