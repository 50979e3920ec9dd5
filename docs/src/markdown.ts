import { relative, sep } from 'node:path';
import type { MarkdownEnv, MarkdownRenderer } from 'vitepress';
import { linkOnSite, root } from './pages.ts';

/** Links are written for GitHub; here they are turned into those of the site. */
export function markLinks(md: MarkdownRenderer): void {
  md.core.ruler.push('links-of-the-repository', (state) => {
    const { realPath, path } = state.env as MarkdownEnv;
    const page = relative(root, realPath ?? path)
      .split(sep)
      .join('/');
    for (const block of state.tokens) {
      for (const token of block.children ?? []) {
        if (token.type !== 'link_open') continue;
        token.attrSet('href', linkOnSite(page, token.attrGet('href') ?? ''));
      }
    }
  });
}

/** A fence of `mermaid` becomes the component that draws it; the text is there for who has no script. */
export function markMermaid(md: MarkdownRenderer): void {
  const fence = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const token = tokens[index];
    if (token?.info.trim() === 'mermaid') {
      return `<DiagramOfText text="${md.utils.escapeHtml(encodeURIComponent(token.content))}" />`;
    }
    return fence?.(tokens, index, options, env, self) ?? '';
  };
}
