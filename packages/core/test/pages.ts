import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Hazard, hazards } from '../src/hazards.ts';
import { type Fact, type Pooler, poolers } from '../src/poolers.ts';
import { providers } from '../src/providers.ts';
import { fixFor, type Stack } from '../src/stacks.ts';
import { type Story, stories } from '../src/stories.ts';
import { urlVariables } from '../src/urls.ts';
import { errorTexts } from './error-texts.ts';

/** Where a page of the documentation is. */
export const pathOf = (page: string): string =>
  fileURLToPath(new URL(`../../../docs/${page}`, import.meta.url));

/** The page with its generated parts made anew. What stands outside the markers is written by hand. */
export function regenerated(page: string, ...parts: readonly string[]): string {
  const path = pathOf(page);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const byHand = text.split(/<!-- generated.*?-->.*?<!-- end -->\n/s);
  const generated = parts.map(
    (part) => `<!-- generated from packages/core/src -->\n\n${part}\n\n<!-- end -->\n`,
  );
  return [...generated.flatMap((part, i) => [byHand[i] ?? '', part]), ...byHand.slice(parts.length)].join('');
}

/** What stands on a page by hand. */
export function writtenIn(page: string): string {
  return readFileSync(pathOf(page), 'utf8').replace(/<!-- generated.*?-->.*?<!-- end -->\n/gs, '');
}

const refusedAt: { readonly [When in Hazard['when']]: string } = {
  always: 'in a transaction and outside',
  'outside a transaction': 'outside a transaction',
  'on a pool': 'on a pool',
  'at the login': 'when the pool or client is made',
  never: 'never',
};

/** The top of the page of a hazard. */
export function hazardFrame({ code, title, when, why, consequence, fix, source }: Hazard): string {
  const refused =
    when === 'never'
      ? 'Never refused.'
      : `Refused ${refusedAt[when]}; \`allow: ['${code}']\` lets it through.`;
  return [
    `# ${code}`,
    `**${title}.** ${refused}`,
    [
      `- **Why:** ${why}.`,
      `- **What you see:** ${consequence}.`,
      `- **Instead:** ${fix}.`,
      `- **Source:** ${source}.`,
    ].join('\n'),
  ].join('\n\n');
}

const stackTitles: { readonly [Name in Stack]: string } = {
  pg: 'pg',
  drizzle: 'Drizzle',
  kysely: 'Kysely',
  prisma: 'Prisma',
  typeorm: 'TypeORM',
  postgres: 'postgres.js',
};

/** The bottom of the page of a hazard: its fix in the words of each stack. Nothing where nothing takes its place. */
export function hazardFixes({ code }: Hazard): readonly string[] {
  const fixes = Object.entries(stackTitles).flatMap(([stack, title]) => {
    const fix = fixFor(code, stack as Stack);
    if (fix === undefined) return [];
    return `<details><summary>${title}</summary>\n\n\`\`\`ts\n${fix}\n\`\`\`\n\n</details>`;
  });
  return fixes.length === 0 ? [] : [fixes.join('\n')];
}

/** One line per hazard, and behind which poolers they are refused. */
export function hazardIndex(): string {
  const rows = Object.values(hazards).map(({ code, title, when, consequence }) => [
    `[${code}](${code}.md)`,
    title,
    consequence,
    refusedAt[when],
  ]);
  const head = ['code', 'what', 'what you see without poolsafe', 'refused'];
  return `${table(head, rows)}\n\n${whereRefused()}`;
}

function whereRefused(): string {
  const which = (choose: (row: Pooler) => boolean) =>
    Object.values(poolers)
      .filter(choose)
      .map(({ name }) => `\`${name}\``)
      .join(', ');
  return [
    `- Statements are refused behind ${which(({ session }) => session.value === 'lost')}.`,
    `- Not behind ${which(({ session }) => session.value === 'kept')}, where a session is kept.`,
    `- Not behind ${which(({ session }) => session.value === 'pinned')}: there a client that uses session state keeps its server connection, and the others have one less.`,
    `- Startup parameters are refused behind each except ${which(({ startup }) => startup.value === 'any')}; which ones is in [the tables](../poolers/README.md).`,
  ].join('\n');
}

const mayRepeat: { readonly [Retry in Story['retry']]: string } = {
  'it did not run': 'yes, it did not run; in a transaction, the whole transaction',
  'it may have run': 'only what may run twice: it may have run',
  'not until it is fixed': 'no, it fails again until the cause is gone',
};

/** What each error means. */
export function errorPages(): string {
  return stories.map(storySection).join('\n\n');
}

function storySection({ id, sqlstate, raisedBy, cause, fix, hazard, retry }: Story): string {
  const texts = errorTexts.flatMap(([story, , text]) => (story === id ? [text] : []));
  return [
    `## ${id}`,
    `\`\`\`text\n${texts.join('\n')}\n\`\`\``,
    [
      `- **Raised by:** ${raisedBy}${sqlstate === undefined ? '' : `, SQLSTATE ${sqlstate}`}`,
      `- **Cause:** ${cause}`,
      `- **Fix:** ${fix}`,
      ...(hazard === undefined ? [] : [`- **Hazard:** [${hazard}](hazards/${hazard}.md)`]),
      `- **Send it again:** ${mayRepeat[retry]}`,
    ].join('\n'),
  ].join('\n\n');
}

/** What can stand in the option `pooler`. */
export function poolerNames(): string {
  const rows = Object.values(poolers).map((row) => [`\`${row.name}\``, row.title, verified(row)]);
  return table(['name', 'what is on the other side', 'verified'], rows);
}

/** Where each provider shows the direct URL. */
export function providerTable(): string {
  const rows = providers.map(({ name, shownAt, differs, source }) => [name, shownAt, differs, source]);
  return table(['provider', 'where it is shown', 'how it differs from the pooled one', 'source'], rows);
}

const leadsTo = {
  direct: 'PostgreSQL itself',
  pooled: 'a pooler',
  either: 'whichever the application uses',
} as const;

/** What `resolveUrls` looks for. */
export function urlVariableTable(): string {
  const rows = urlVariables.map(({ variable, leads, source }) => [`\`${variable}\``, leadsTo[leads], source]);
  return table(['variable', 'leads by its name to', 'source'], rows);
}

/** All that is known about each pooler. */
export function poolerPages(): string {
  return Object.values(poolers).map(poolerSection).join('\n\n');
}

function poolerSection({
  name,
  title,
  session,
  statements,
  startup,
  startupOptions,
  errors,
}: Pooler): string {
  const rows = [
    ['session state', session.value, ...originOf(session)],
    ['named statements', statements.value, ...originOf(statements)],
    ['startup parameters', namesIn(startup.value), ...originOf(startup)],
    ['settings in `options`', namesIn(startupOptions.value), ...originOf(startupOptions)],
    ['errors of its own', errors.value, ...originOf(errors)],
  ];
  return `## ${name}\n\n${title.replace(/^./, (letter) => letter.toUpperCase())}.\n\n${table(['what', 'kept or allowed', 'source', 'verified'], rows)}`;
}

const notRun = 'read, not run';

function originOf({ source, verified }: Fact<unknown>): string[] {
  return [source, verified === false ? notRun : verified];
}

function verified({ session, statements }: Pooler): string {
  return session.verified === false || statements.verified === false ? notRun : session.verified;
}

function namesIn(value: readonly string[] | 'any'): string {
  if (value === 'any') return value;
  return value.length === 0 ? 'none' : value.map((name) => `\`${name}\``).join(', ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
