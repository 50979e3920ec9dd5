import { relative, sep } from 'node:path';
import { slug } from 'github-slugger';
import type ts from 'typescript';
import { root } from '../pages.ts';
import { type Exported, readSources, type Sources } from './declarations.ts';
import { docstringOf, type LinkTo } from './docstring.ts';
import { type Package, packages } from './entry-points.ts';

/** The pages of `docs/api`: the name of each file and its text. Throws for exports without a docstring, with all of them. */
export function apiPages(): Map<string, string> {
  const all = packages();
  const sources = readSources(all.flatMap(({ entries }) => entries.map(({ source }) => source)));
  const missing: string[] = [];
  const pages = new Map(all.map((one) => [`${one.folder}.md`, pageOf(one, all, sources, missing)]));
  if (missing.length > 0) throw new Error(`These exports have no docstring:\n${missing.join('\n')}`);
  return pages.set('README.md', indexOf(all));
}

const notice = '<!-- generated from the docstrings by `pnpm docs:api` -->';

function indexOf(all: readonly Package[]): string {
  const rows = all.map(({ name, folder, entries }) => {
    const imports = entries.map((entry) => `\`${entry.name}\``).join(', ');
    return `| [${name}](${folder}.md) | ${imports} |`;
  });
  return [notice, '', '# API', '', '| package | imports |', '| --- | --- |', ...rows, ''].join('\n');
}

function pageOf(one: Package, all: readonly Package[], sources: Sources, missing: string[]): string {
  const sections = one.entries.flatMap((entry) => {
    const exported = sources.exportsOf(entry.source);
    const own = exported.filter((each) => folderOf(each) === one.folder);
    const linkTo: LinkTo = (name) =>
      own.some((each) => each.name === name) ? `#${slug(name)}` : addressIn(name, one, all, sources);
    const parts = own.map((each) =>
      section(each, linkTo, sources, () => missing.push(`${entry.name}: ${each.name}`)),
    );
    return [`## ${entry.name}`, ...parts, ...othersOf(exported, one)];
  });
  return `${[notice, `# API of ${one.name}`, ...sections].join('\n\n')}\n`;
}

function section(exported: Exported, linkTo: LinkTo, sources: Sources, isMissing: () => void): string {
  // The value first: its docstring says how to use it.
  const sorted = [...exported.declarations].sort((a, b) => Number(isType(a)) - Number(isType(b)));
  const docs = [...new Set(sorted.map((one) => docstringOf(one, linkTo)).filter((text) => text !== ''))];
  if (docs.length === 0) isMissing();
  const code = [...new Set(sorted.map((one) => sources.textOf(one)))].join('\n\n');
  const files = [...new Set(sorted.map((one) => pathOf(one)))];
  const links = files.map((file) => `[${file}](../../${file})`).join(', ');
  return [`### ${exported.name}`, ...docs, `\`\`\`typescript\n${code}\n\`\`\``, `Source: ${links}`].join(
    '\n\n',
  );
}

/** What an entry point passes on from other packages, ours with a link. */
function othersOf(exported: readonly Exported[], one: Package): string[] {
  const from = new Map<string, Exported[]>();
  for (const each of exported.filter((other) => folderOf(other) !== one.folder)) {
    from.set(originOf(each), [...(from.get(originOf(each)) ?? []), each]);
  }
  return [...from].map(([origin, names]) => {
    const folder = folderOf(names[0]!);
    const list = names.map(({ name }) =>
      folder === undefined ? `\`${name}\`` : `[\`${name}\`](${folder}.md#${slug(name)})`,
    );
    return `From ${folder === undefined ? `\`${origin}\`` : `[${origin}](${folder}.md)`}: ${list.join(', ')}.`;
  });
}

function addressIn(
  name: string,
  one: Package,
  all: readonly Package[],
  sources: Sources,
): string | undefined {
  for (const other of all) {
    for (const entry of other.entries) {
      const found = sources
        .exportsOf(entry.source)
        .find((each) => each.name === name && folderOf(each) === other.folder);
      if (found) return `${other === one ? '' : `${other.folder}.md`}#${slug(name)}`;
    }
  }
  return undefined;
}

const isType = (declaration: ts.Declaration): boolean => /^(interface|type) /.test(keywordOf(declaration));
const keywordOf = (declaration: ts.Declaration): string =>
  declaration.getText().replace(/^(export |declare )+/, '');

const pathOf = (declaration: ts.Declaration): string =>
  relative(root, declaration.getSourceFile().fileName).split(sep).join('/');

/** The folder under `packages/`, `undefined` for what comes from elsewhere. */
const folderOf = ({ declarations }: Exported): string | undefined =>
  /^packages\/([^/]+)\/src\//.exec(pathOf(declarations[0]!))?.[1];

/** The package of what comes from elsewhere. */
function originOf(exported: Exported): string {
  const path = pathOf(exported.declarations[0]!);
  const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]?.replace(/^@types\//, '');
  return name ?? `@poolsafe/${folderOf(exported)}`;
}
