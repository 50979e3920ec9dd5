import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { clientStacks } from '../src/client-stacks.ts';
import { type Recipe, type RecipeName, recipes } from '../src/ways-out.ts';
import { poolsafe } from './poolsafe.ts';

// The page is written anew by running this file with `-u`.

const page = fileURLToPath(new URL('../../../docs/command.md', import.meta.url));
const generated = /<!-- generated.*?-->.*?<!-- end -->\n/gs;

/** The page with its generated parts made anew. What stands outside the markers is written by hand. */
function regenerated(...parts: readonly string[]): string {
  const byHand = readFileSync(page, 'utf8').split(generated);
  const made = parts.map((part) => `<!-- generated from packages/poolsafe -->\n\n${part}\n\n<!-- end -->\n`);
  return byHand.flatMap((text, at) => [text, made[at] ?? '']).join('');
}

const example = `sqlalchemy.exc.DBAPIError: (sqlalchemy.dialects.postgresql.asyncpg.Error) <class 'asyncpg.exceptions.DuplicatePreparedStatementError'>: prepared statement "__asyncpg_stmt_4__" already exists
[parameters: ('bob@example.com',)]`;

function fenced(text: string): string {
  return `\`\`\`text\n${text.trimEnd()}\n\`\`\``;
}

/** What the real command prints. */
async function session(): Promise<string> {
  const { stdout } = await poolsafe(['explain', '-'], { input: example });
  return fenced(`$ docker logs api 2>&1 | npx poolsafe explain -\n${stdout}`);
}

function recipePages(): string {
  const names = Object.keys(recipes) as RecipeName[];
  return names
    .map((name) => `### ${titleOf(name)}\n\n${recipes[name].map(recipePage).join('\n\n')}`)
    .join('\n\n');
}

function titleOf(name: RecipeName): string {
  return clientStacks.find((stack) => stack.name === name)?.title ?? name;
}

function recipePage({ hazard, settings, costs, source, verified }: Recipe): string {
  return [
    `Against [${hazard}](hazards/${hazard}.md):`,
    fenced(settings),
    [
      `- **Costs:** ${costs}.`,
      `- **Verified:** ${verified === false ? 'no: read, not run' : `${verified}`}.`,
      `- **Source:** <${source}>`,
    ].join('\n'),
  ].join('\n\n');
}

test('docs/command.md shows what the command prints, and the recipes', async () => {
  await expect(regenerated(await session(), recipePages())).toMatchFileSnapshot(page);
});

test('its links lead to pages that exist', () => {
  const links = [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(
    ([, link = '']) => link,
  );
  expect(links.filter((link) => !existsSync(join(dirname(page), link)))).toEqual([]);
});
