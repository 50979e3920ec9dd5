import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hazards } from '../src/hazards.ts';
import { optionNames } from '../src/options.ts';
import { hazardPage } from '../src/refusals.ts';
import { stories } from '../src/stories.ts';
import {
  errorPages,
  pathOf,
  poolerNames,
  poolerPages,
  providerTable,
  regenerated,
  urlVariableTable,
} from './pages.ts';

// The pages are written anew by running this file with `-u`.

test.each([
  ['options.md', [poolerNames()]],
  ['direct.md', [urlVariableTable(), providerTable()]],
  ['poolers/README.md', [poolerPages()]],
  ['errors.md', [errorPages()]],
])('docs/%s has the tables of the rows', async (page, generated) => {
  await expect(regenerated(page, ...generated)).toMatchFileSnapshot(pathOf(page));
});

test('docs/options.md has a section for each option', () => {
  const headings = [...readFileSync(pathOf('options.md'), 'utf8').matchAll(/^## `(\w+)`$/gm)];
  expect(headings.map(([, name]) => name)).toEqual(optionNames);
});

test('docs/errors.md has a section for each story, which explain() points to', () => {
  const headings = [...readFileSync(pathOf('errors.md'), 'utf8').matchAll(/^## (.+)$/gm)];
  expect(headings.map(([, heading]) => heading)).toEqual(stories.map(({ id }) => id));
  for (const { id } of stories) expect(id).toMatch(/^[a-z0-9-]+$/);
});

describe('links lead to a page that exists', () => {
  const hazardPages = Object.values(hazards).map(({ code }) => hazardPage(code).replace('docs/', ''));
  const pages = [
    'options.md',
    'direct.md',
    'errors.md',
    'poolers/README.md',
    'hazards/README.md',
    ...hazardPages,
  ];

  test.each(pages)('docs/%s', (page) => {
    const links = [...readFileSync(pathOf(page), 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)];
    const missing = links.filter(([, link = '']) => !existsSync(join(dirname(pathOf(page)), link)));
    expect(missing.map(([, link]) => link)).toEqual([]);
  });
});
