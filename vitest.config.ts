import { defaultServerConditions } from 'vite';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const source = '@poolsafe/source';

/**
 * postgres.js asks for the types of arrays after each login, and nobody waits for the answer: without poolsafe, a
 * connection lost at that moment ends the process. Where poolsafe runs, lost-connection.test.ts sees to it.
 */
const isOfBarePostgres = (error: object): boolean =>
  String((error as { query?: unknown }).query).includes('left join pg_catalog.pg_type b');

const config: ViteUserConfig = defineConfig({
  // Workspace packages are read from their TypeScript source: no build before the tests.
  resolve: { conditions: [source] },
  ssr: { resolve: { conditions: [source, ...defaultServerConditions] } },
  // Where vitest loads the global setup.
  environments: { __vitest__: { resolve: { conditions: [source, ...defaultServerConditions] } } },
  test: {
    include: ['{packages/*,demo,docs,release}/test/**/*.test.ts'],
    globalSetup: ['packages/conformance/test/global-setup.ts'],
    pool: 'forks',
    // Most of them wait for a server.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    onUnhandledError: (error) => !isOfBarePostgres(error),
  },
});

export default config;
