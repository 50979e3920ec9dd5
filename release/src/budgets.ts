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
    '.': { kB: 23, ms: 10 },
    './direct': { kB: 6.5, ms: 10 },
    './knowledge': { kB: 8.5, ms: 10 },
    './migrations': { kB: 0.5, ms: 10 },
    './urls': { kB: 6.5, ms: 10 },
  },
  pg: { '.': { kB: 36, ms: 10 } },
  postgres: { '.': { kB: 40, ms: 10 } },
  drizzle: {
    './node-postgres': { kB: 38, ms: 10 },
    './node-postgres/migrator': { kB: 30, ms: 10 },
    './postgres-js': { kB: 42, ms: 10 },
    './postgres-js/migrator': { kB: 30, ms: 10 },
  },
  kysely: { '.': { kB: 40, ms: 10 }, './postgres-js': { kB: 44, ms: 10 } },
  prisma: { '.': { kB: 42, ms: 10 } },
  typeorm: { '.': { kB: 39, ms: 10 } },
};
