import type { UrlFacts } from './environment.ts';
import type { Note } from './examination.ts';
import { findingOf } from './finding-rows.ts';
import type { PackageFacts, ProjectFacts } from './project.ts';
import type { ServerFacts } from './server-facts.ts';
import { type Break, type StackRow, stackRows, type Where } from './stack-rows.ts';

/** What the libraries of a project meet. */
export interface Surroundings {
  readonly server: ServerFacts | undefined;
  readonly urls: readonly UrlFacts[];
  /** The modules that sources import and that could be swapped; `undefined` where they could not be looked at. */
  readonly imported: ReadonlySet<string> | undefined;
}

/** What the libraries of a project break on, behind this server. Those that are swapped are well. */
export function examineStacks(
  { packages }: ProjectFacts,
  { server, urls, imported }: Surroundings,
  note: Note,
): void {
  for (const facts of packages) {
    const row = stackRows.find((one) => one.package === facts.name);
    if (row === undefined) continue;
    judgeVersion(row, facts, note);
    if (facts.safe || isUnder(row, packages, imported)) continue;
    for (const broken of row.breaks) {
      const isMet = isHere(broken.where, server) && isOfVersion(broken, facts.version);
      if (isMet && isImported(broken.module, imported))
        noteBreak(row, facts, broken, { server, imported }, note);
    }
    judgeKeys(row, urls, note);
  }
  const unknown = packages.filter(({ version }) => version === undefined);
  if (unknown.length > 0) {
    const evidence = unknown.map(({ name, range }) => `${name} ${range}`).join(', ');
    note('DOCTOR_NOT_INSTALLED', { evidence: `package.json: ${evidence}` });
  }
  const prisma = packages.find(({ name }) => name === '@prisma/adapter-pg');
  const zone = server?.settings?.TimeZone;
  if (prisma !== undefined && !prisma.safe && zone !== undefined && !/^(?:UTC|Etc\/UTC|GMT|Z)$/i.test(zone)) {
    note('DOCTOR_TIME_ZONE', { evidence: `TimeZone of this session is ${zone}; ${nameOf(prisma)}` });
  }
}

/** Prisma beneath its adapter, and a driver that the application does not import itself: that of an ORM. */
function isUnder(
  row: StackRow,
  packages: readonly PackageFacts[],
  imported: ReadonlySet<string> | undefined,
): boolean {
  if (row.package === '@prisma/client') return packages.some(({ name }) => name === '@prisma/adapter-pg');
  if (row.package !== 'pg' && row.package !== 'postgres') return false;
  const hasOther = packages.some(({ name }) => name !== 'pg' && name !== 'postgres');
  return hasOther && imported !== undefined && !imported.has(row.package);
}

function isHere(where: Where, server: ServerFacts | undefined): boolean {
  const { mode, statements } = server ?? {};
  if (where === 'anywhere') return true;
  if (mode === undefined || mode === 'direct') return false;
  if (where === 'pooler') return true;
  return mode !== 'session' && (where === 'transaction mode' || statements === 'lost');
}

function isImported(module: string | undefined, imported: Surroundings['imported']): boolean {
  return module === undefined || imported === undefined || !isDrizzleOverPostgres(imported);
}

function isDrizzleOverPostgres(imported: ReadonlySet<string>): boolean {
  return imported.has('drizzle-orm/postgres-js') && !imported.has('drizzle-orm/node-postgres');
}

function isOfVersion({ from, below }: Break, version: string | undefined): boolean {
  if (version === undefined) return true;
  if (from !== undefined && isBelow(version, from)) return false;
  return below === undefined || isBelow(version, below);
}

function noteBreak(
  row: StackRow,
  facts: PackageFacts,
  { code, says, fix, source }: Break,
  { server, imported }: Omit<Surroundings, 'urls'>,
  note: Note,
): void {
  const { product, mode } = server ?? {};
  const behind =
    product === undefined
      ? ''
      : ` behind ${[product.name, product.version].filter(Boolean).join(' ')} (${mode})`;
  const lines = row.swap && `- ${row.swap[0]}\n+ ${row.swap[1]}`;
  const isOther = imported !== undefined && isDrizzleOverPostgres(imported);
  const swap = isOther ? lines?.replaceAll('/node-postgres', '/postgres-js') : lines;
  const words = fix ?? swap;
  const { title } = findingOf(code, { evidence: '' });
  note(code, {
    title: `${row.title}: ${title.charAt(0).toLowerCase()}${title.slice(1)}`,
    evidence: `${nameOf(facts)}${behind}: ${says} (${source})`,
    ...(words !== undefined && { fix: words }),
  });
}

function nameOf({ name, range, version, versionFrom }: PackageFacts): string {
  return version === undefined ? `${name} ${range} (package.json)` : `${name} ${version} (${versionFrom})`;
}

function judgeVersion(row: StackRow, facts: PackageFacts, note: Note): void {
  const { version } = facts;
  if (row.replacement === undefined || row.lowest === undefined || version === undefined) return;
  if (isBelow(version, row.lowest)) {
    note('DOCTOR_VERSION', {
      evidence: `${nameOf(facts)}; ${row.replacement} takes ${row.lowest} and later`,
      fix: `${row.package} ${row.lowest} or later`,
    });
  }
}

/** postgres.js sends each key that it does not know to the server, which ends the login; pg and Prisma 7 ignore it. */
function judgeKeys({ package: name, title }: StackRow, urls: readonly UrlFacts[], note: Note): void {
  if (name !== 'postgres' && name !== 'pg') return;
  for (const { variable, clientKeys, use } of urls) {
    if (clientKeys.length === 0 || !use.startsWith('application')) continue;
    const keys = clientKeys.map((key) => `\`${key}\``).join(', ');
    if (name === 'postgres') {
      const evidence = `${variable} has ${keys}: ${title} sends them at the login, and a pooler or server refuses them`;
      note('DOCTOR_URL_KEYS', { evidence });
    } else {
      const evidence = `${variable} has ${keys}: ${title} ignores them`;
      note('DOCTOR_URL_KEYS', { evidence, severity: 'info' });
    }
  }
}

/** Whether a version is lower, by its three numbers. */
export function isBelow(version: string, other: string): boolean {
  const numbers = (text: string) => text.split(/[.+-]/, 3).map((part) => Number.parseInt(part, 10) || 0);
  const [mine, theirs] = [numbers(version), numbers(other)];
  const at = mine.findIndex((number, i) => number !== theirs[i]);
  return at >= 0 && (mine[at] ?? 0) < (theirs[at] ?? 0);
}
