import ts from 'typescript';
import { statementOf } from './declarations.ts';

/** Where a name that a docstring links to is documented, from the page that is written; `undefined` where it is not. */
export type LinkTo = (name: string) => string | undefined;

/** The docstring of a declaration as Markdown: the text, then what it throws. Empty where it has none. */
export function docstringOf(declaration: ts.Declaration, linkTo: LinkTo): string {
  const docs = ts.getJSDocCommentsAndTags(statementOf(declaration)).filter(ts.isJSDoc);
  return docs
    .slice(-1)
    .flatMap((doc) => [
      textOf(doc.comment, linkTo),
      ...(doc.tags ?? []).map((tag) => `${labelOf(tag)} ${textOf(tag.comment, linkTo)}`.trim()),
    ])
    .filter((part) => part !== '')
    .join('\n\n');
}

const labels: Readonly<Record<string, string>> = {
  throws: '**Throws**',
  deprecated: '**Deprecated**',
  see: '**See**',
  example: '',
};

function labelOf(tag: ts.JSDocTag): string {
  const name = tag.tagName.text;
  const label = labels[name];
  if (label === undefined)
    throw new Error(`No page shows @${name}: ${tag.getSourceFile().fileName} ${tag.getText()}`);
  return label;
}

function textOf(comment: ts.JSDoc['comment'], linkTo: LinkTo): string {
  if (comment === undefined || typeof comment === 'string') return comment?.trim() ?? '';
  return comment
    .map((part) => {
      if (part.kind === ts.SyntaxKind.JSDocText) return part.text;
      const name = `${part.name?.getText() ?? ''}${part.text.replace(/^\(\)/, '()')}`.trim();
      const address = linkTo(name.split('.')[0] ?? name);
      return address === undefined ? `\`${name}\`` : `[\`${name}\`](${address})`;
    })
    .join('')
    .trim();
}
