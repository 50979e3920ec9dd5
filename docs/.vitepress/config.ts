import { createRequire } from 'node:module';
import { slug } from 'github-slugger';
import { defineConfig, type UserConfig } from 'vitepress';
import { markLinks, markMermaid } from '../src/markdown.ts';
import { onSite, pages, repository, root } from '../src/pages.ts';
import { sidebar } from '../src/sidebar.ts';

const require = createRequire(import.meta.url);
const own = new Set(pages());

const config: UserConfig = defineConfig({
  title: 'poolsafe',
  description: 'Node applications that work behind a transaction-mode PostgreSQL connection pooler.',
  base: '/poolsafe/',
  // None: browsers ask for one at another address.
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  // READMEs of packages and examples are pages too.
  srcDir: '..',
  srcExclude: [
    '**/{dist,test,fixtures,sql,templates}/**',
    '**/CHANGELOG.md',
    'bench/**',
    'demo/**',
    'release/**',
  ],
  rewrites: (page) => {
    if (!own.has(page)) throw new Error(`${page} is a page for VitePress and not for the sidebar`);
    return onSite(page);
  },
  cacheDir: `${root}docs/.vitepress/cache`,
  outDir: `${root}docs/.vitepress/dist`,
  vite: {
    // Pages of other folders cannot find vue by themselves.
    resolve: {
      alias: [
        { find: /^vue\/server-renderer$/, replacement: require.resolve('vue/server-renderer') },
        { find: /^vue$/, replacement: require.resolve('vue/dist/vue.runtime.esm-bundler.js') },
      ],
    },
    // That of mermaid's largest diagram, which is loaded where a page has one.
    build: { chunkSizeWarningLimit: 1000 },
  },
  markdown: {
    // Links to headings are those of GitHub.
    anchor: { slugify: (text) => slug(text) },
    config: (md) => {
      markLinks(md);
      markMermaid(md);
    },
  },
  themeConfig: {
    sidebar: sidebar(),
    outline: [2, 3],
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: repository }],
    editLink: { pattern: `${repository}/edit/main/:path` },
  },
});

export default config;
