import { defaultServerConditions } from 'vite';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const source = '@poolsafe/source';

const config: ViteUserConfig = defineConfig({
  // Workspace packages are read from their TypeScript source: no build before the tests.
  resolve: { conditions: [source] },
  ssr: { resolve: { conditions: [source, ...defaultServerConditions] } },
  // Where vitest loads the global setup.
  environments: { __vitest__: { resolve: { conditions: [source, ...defaultServerConditions] } } },
  test: {
    include: ['{packages/*,demo}/test/**/*.test.ts'],
    globalSetup: ['packages/conformance/test/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});

export default config;
