import { posix } from 'node:path';
import { addressOf, pages, titleOf } from './pages.ts';

/** A heading of the sidebar: the pages of a folder. What `first` does not name follows, sorted. */
interface Group {
  readonly text: string;
  /** Takes the page, if no group before has taken it. */
  readonly takes: RegExp;
  readonly first: readonly string[];
  readonly collapsed?: boolean;
}

const groups: readonly Group[] = [
  {
    text: 'Getting started',
    takes: /^(README\.md|docs\/start\/.*)$/,
    first: ['README', 'pg', 'postgres-js', 'drizzle', 'kysely', 'prisma', 'typeorm'],
  },
  {
    text: 'Guides',
    takes: /^docs\/guides\//,
    first: ['README', 'choosing', 'row-level-security', 'migrations', 'serverless', 'on-the-wire'],
  },
  {
    text: 'Providers',
    takes: /^docs\/providers\//,
    first: ['README', 'supabase', 'neon', 'rds-proxy', 'hyperdrive', 'digitalocean', 'pgbouncer'],
  },
  {
    text: 'Reference',
    takes: /^docs\/([^/]+\.md|poolers\/.*)$/,
    first: [
      'settings',
      'transactions',
      'direct',
      'options',
      'command',
      'doctor',
      'errors',
      'poolers',
      'compatibility',
      'sizes',
      'conformance',
      'benchmarks',
    ],
  },
  {
    text: 'Hazards',
    takes: /^docs\/hazards\//,
    first: ['README'],
    collapsed: true,
  },
  { text: 'API', takes: /^docs\/api\//, first: ['README'], collapsed: true },
  {
    text: 'Packages',
    takes: /^packages\//,
    first: ['pg', 'postgres', 'drizzle', 'kysely', 'prisma', 'typeorm'],
  },
  { text: 'Examples', takes: /^examples\//, first: ['README'], collapsed: true },
  { text: 'Project', takes: /./, first: [], collapsed: true },
];

/** An entry of the sidebar as VitePress takes it. */
export interface SidebarGroup {
  readonly text: string;
  readonly collapsed?: boolean;
  readonly items: { readonly text: string; readonly link: string }[];
}

/** The sidebar, made of the files that are there: every page is in it once. */
export function sidebar(): SidebarGroup[] {
  const rest = new Set(pages());
  return groups.flatMap(({ text, takes, first, collapsed }) => {
    const own = [...rest].filter((page) => takes.test(page));
    for (const page of own) rest.delete(page);
    const place = (page: string) => (first.indexOf(nameOf(page)) + 1 || first.length + 1) - 1;
    const items = own
      .sort((a, b) => place(a) - place(b))
      .map((page) => ({ text: titleOf(page).replace(/^API of /, ''), link: addressOf(page) }));
    if (items.length === 0) return [];
    return [{ text, items, ...(collapsed === undefined ? {} : { collapsed }) }];
  });
}

/** How a group calls a page: a README by its folder, unless it is that of the group itself. */
function nameOf(page: string): string {
  const name = posix.basename(page, '.md');
  const isOfGroup = page.split('/').length < 3 || !/^(packages|docs\/poolers)/.test(page);
  return name === 'README' && !isOfGroup ? posix.basename(posix.dirname(page)) : name;
}
