import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Hazard, hazards } from '../src/hazards.ts';
import { type Fact, type Pooler, poolers } from '../src/poolers.ts';

/** Where a page of the documentation is. */
export const pathOf = (page: string): string =>
  fileURLToPath(new URL(`../../../docs/${page}`, import.meta.url));

/** The page with its generated part made anew. What stands outside the two markers is written by hand. */
export function regenerated(page: string, generated: string): string {
  const path = pathOf(page);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const [, before = '', , after = ''] = /^(.*)<!-- generated.*?-->(.*?)<!-- end -->\n(.*)$/s.exec(text) ?? [];
  return `${before}<!-- generated from packages/core/src -->\n\n${generated}\n\n<!-- end -->\n${after}`;
}

/** The top of the page of a hazard. */
export function hazardFrame({ code, title, when, why, consequence, fix, source }: Hazard): string {
  const refused = when === 'always' ? 'anywhere' : when;
  return [
    `# ${code}`,
    `**${title}.** Refused ${refused}; \`allow: ['${code}']\` lets it through.`,
    [
      `- **Why:** ${why}.`,
      `- **What you see:** ${consequence}.`,
      `- **Instead:** ${fix}.`,
      `- **Source:** ${source}.`,
    ].join('\n'),
  ].join('\n\n');
}

/** One line per hazard. */
export function hazardIndex(): string {
  const rows = Object.values(hazards).map(({ code, title, consequence }) => [
    `[${code}](${code}.md)`,
    title,
    consequence,
  ]);
  return table(['code', 'what', 'what you see without poolsafe'], rows);
}

/** What can stand in the option `pooler`. */
export function poolerNames(): string {
  const rows = Object.values(poolers).map((row) => [`\`${row.name}\``, row.title, verified(row)]);
  return table(['name', 'what is on the other side', 'verified'], rows);
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
