/** What an entry point of a published package may cost those who import it. */
export interface Budget {
  /** Kilobytes, minified and gzipped, of what is loaded with it. */
  readonly kB: number;
  /** Milliseconds that importing it takes, its dependencies being loaded already. */
  readonly ms: number;
}

/** The packages that are part of an application. The others are programs and test tools. */
export const budgets: Readonly<Record<string, Readonly<Record<string, Budget>>>> = {
  core: {
    '.': { kB: 23.5, ms: 10 },
    './direct': { kB: 4, ms: 10 },
    './knowledge': { kB: 8.5, ms: 10 },
    './migrations': { kB: 0.5, ms: 10 },
    './urls': { kB: 6.5, ms: 10 },
  },
  pg: { '.': { kB: 32, ms: 10 } },
  postgres: { '.': { kB: 38, ms: 10 } },
  drizzle: {
    './node-postgres': { kB: 32.5, ms: 10 },
    './node-postgres/migrator': { kB: 1.5, ms: 10 },
    './postgres-js': { kB: 38.5, ms: 10 },
    './postgres-js/migrator': { kB: 1.5, ms: 10 },
  },
  kysely: { '.': { kB: 34.5, ms: 10 }, './postgres-js': { kB: 40, ms: 10 } },
  prisma: { '.': { kB: 36, ms: 10 } },
  typeorm: { '.': { kB: 33.5, ms: 10 } },
};
