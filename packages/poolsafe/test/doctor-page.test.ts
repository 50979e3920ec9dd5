import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type FindingRow, findingOf, findingRows, type OwnCode } from '../src/doctor/finding-rows.ts';
import { stackRows } from '../src/doctor/stack-rows.ts';
import { swapRows } from '../src/init/swap-rows.ts';

// The page is written anew by running this file with `-u`.

const page = fileURLToPath(new URL('../../../docs/doctor.md', import.meta.url));
const generated = /<!-- generated.*?-->.*?<!-- end -->\n/gs;

/** The page with its generated parts made anew. What stands outside the markers is written by hand. */
function regenerated(...parts: readonly string[]): string {
  const byHand = readFileSync(page, 'utf8').split(generated);
  const made = parts.map((part) => `<!-- generated from packages/poolsafe -->\n\n${part}\n\n<!-- end -->\n`);
  return byHand.flatMap((text, at) => [text, made[at] ?? '']).join('');
}

const findings = Object.entries(findingRows) as readonly [OwnCode, FindingRow][];

function findingPages(): string {
  return findings
    .map(([code, { severity, title, fix }]) => `### ${code}\n\n${title} (${severity}).\n\n- **Fix:** ${fix}.`)
    .join('\n\n');
}

function libraries(): string {
  const rows = stackRows.flatMap(({ title, breaks }) =>
    breaks.map(({ where, from, below, says, source }) => {
      const versions = from === undefined ? below && `below ${below}` : `from ${from}`;
      return `| ${title} | ${where} | ${versions ?? 'all'} | ${says} | ${source} |`;
    }),
  );
  return [
    '| library | where | versions | what breaks | known from |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function swaps(): string {
  const rows = swapRows.map(({ from, to, moves, lacks }) => {
    const names = moves?.map((name) => `\`${name}\``).join(', ') ?? 'all';
    const without = lacks === undefined ? '' : ` but \`${lacks.join('`, `')}\``;
    return `| \`${from}\` | \`${to}\` | ${names}${without} |`;
  });
  return ['| from | to | names |', '| --- | --- | --- |', ...rows].join('\n');
}

test('docs/doctor.md has the findings, the libraries and the swaps', async () => {
  await expect(regenerated(findingPages(), libraries(), swaps())).toMatchFileSnapshot(page);
});

test('a finding leads to its section, and a hazard to its page', () => {
  const headings = [...readFileSync(page, 'utf8').matchAll(/^### (DOCTOR_\w+)$/gm)].map(
    ([, heading]) => heading,
  );
  expect(headings).toEqual(findings.map(([code]) => code));
  for (const [code] of findings) {
    expect(findingOf(code, { evidence: '' }).page).toBe(`docs/doctor.md#${code.toLowerCase()}`);
  }
  expect(findingOf('POOLSAFE_STARTUP_PARAMETER', { evidence: '' }).page).toBe(
    'docs/hazards/POOLSAFE_STARTUP_PARAMETER.md',
  );
});

test('its links lead to pages that exist', () => {
  const links = [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(
    ([, link = '']) => link,
  );
  expect(links.filter((link) => !existsSync(join(dirname(page), link)))).toEqual([]);
});
