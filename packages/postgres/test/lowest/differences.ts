import type { Difference } from '../drop-in/differences.ts';

/** What is otherwise with the lowest version of postgres.js. */
export const lowestDifferences: Readonly<Record<string, Difference | undefined>> = {};
