import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository, which is also the source folder of the site. */
export const root: string = fileURLToPath(new URL('../../', import.meta.url));

/** Where files that are no pages of the site can be read. */
export const repository = 'https://github.com/poolsafe/poolsafe';

/** Folders whose Markdown is not for readers of the site. */
const left = ['node_modules', 'dist', 'test', 'fixtures', '.vitepress', 'samples', 'sql', 'templates'];
const folders = ['docs', 'packages', 'examples'];

function markdownIn(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return left.includes(entry.name) ? [] : markdownIn(path);
    return entry.name.endsWith('.md') && entry.name !== 'CHANGELOG.md' ? [path] : [];
  });
}

/** All pages of the site, as paths from the root of the repository with `/`, sorted. */
export function pages(): string[] {
  return ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...folders.flatMap(markdownIn).sort()];
}

/** Where a page stands on the site: `docs/` is left out, and a README is the index of its folder. */
export function onSite(page: string): string {
  return page.replace(/^docs\//, '').replace(/README\.md$/, 'index.md');
}

/** The address of a page on the site, without the base: `docs/hazards/README.md` is at `/hazards/`. */
export function addressOf(page: string): string {
  return `/${onSite(page)
    .replace(/(^|\/)index\.md$/, '$1')
    .replace(/\.md$/, '')}`;
}

/** The first heading of a page, without its code marks. */
export function titleOf(page: string): string {
  const heading = /^# (.+)$/m.exec(readFileSync(join(root, page), 'utf8'))?.[1];
  if (heading === undefined) throw new Error(`${page} has no heading`);
  return heading.replaceAll('`', '');
}

/**
 * What a link of a page is on the site: the page that it leads to, else the file or folder on GitHub. As on GitHub, a
 * folder is its README. What leads nowhere stays as it is, for the check of dead links to find.
 */
export function linkOnSite(page: string, href: string): string {
  if (/^([a-z][a-z+.-]*:|\/\/|#)/i.test(href)) return href;
  const [, path = '', hash = ''] = /^([^#]*)(#.*)?$/.exec(href) ?? [];
  const target = posix.join(posix.dirname(page), decodeURI(path)).replace(/\/$/, '');
  if (!existsSync(join(root, target))) return href;
  const isFolder = statSync(join(root, target)).isDirectory();
  const readme = isFolder ? posix.join(target, 'README.md') : target;
  if (all.has(readme)) return `${addressOf(readme)}${hash}`;
  return `${repository}/${isFolder ? 'tree' : 'blob'}/main/${target}${hash}`;
}

const all: ReadonlySet<string> = new Set(pages());
