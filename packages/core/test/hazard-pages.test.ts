import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hazards } from '../src/hazards.ts';
import { hazardFixes, hazardFrame, hazardIndex, pathOf, regenerated, writtenIn } from './pages.ts';

// The pages are written anew by running this file with `-u`.

test.each(Object.entries(hazards))(
  'docs/hazards/%s.md has the frame and the fixes of its row',
  async (code, hazard) => {
    const page = `hazards/${code}.md`;
    await expect(regenerated(page, hazardFrame(hazard), ...hazardFixes(hazard))).toMatchFileSnapshot(
      pathOf(page),
    );
  },
);

test.each(Object.keys(hazards))('docs/hazards/%s.md explains, shows and fixes', (code) => {
  const headings = [...writtenIn(`hazards/${code}.md`).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual(['On the wire', 'How it shows', 'The fix']);
});

test('docs/hazards/README.md lists them', async () => {
  const page = 'hazards/README.md';
  await expect(regenerated(page, hazardIndex())).toMatchFileSnapshot(pathOf(page));
});

test('there is no page without a hazard', () => {
  const pages = Object.keys(hazards).map((code) => `${code}.md`);
  expect(readdirSync(pathOf('hazards')).sort()).toEqual([...pages, 'README.md'].sort());
});

test.each(Object.keys(hazards))('the README says that or why %s is refused', (code) => {
  expect(readFileSync(pathOf('../README.md'), 'utf8')).toContain(`(docs/hazards/${code}.md)`);
});
