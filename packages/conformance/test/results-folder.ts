import { fileURLToPath } from 'node:url';

/** Where a test run leaves its results for the README's matrix. */
export const resultsFolder: string = fileURLToPath(
  new URL('../../../node_modules/.cache/poolsafe', import.meta.url),
);
