/** An import that moves to a poolsafe package. */
export interface SwapRow {
  readonly from: string;
  readonly to: string;
  /** The names that move. Default: all, the module has them all. */
  readonly moves?: readonly string[];
  /** Names that the other module has not. */
  readonly lacks?: readonly string[];
  /** In CommonJS the module itself is a function, which is the default export there. */
  readonly isFunction?: true;
}

/** What moves where, from the exports of each package. */
export const swapRows: readonly SwapRow[] = [
  { from: 'pg', to: '@poolsafe/pg', lacks: ['native'] },
  { from: 'postgres', to: '@poolsafe/postgres', isFunction: true },
  { from: 'drizzle-orm/node-postgres', to: '@poolsafe/drizzle/node-postgres' },
  { from: 'drizzle-orm/node-postgres/migrator', to: '@poolsafe/drizzle/node-postgres/migrator' },
  { from: 'drizzle-orm/postgres-js', to: '@poolsafe/drizzle/postgres-js' },
  { from: 'drizzle-orm/postgres-js/migrator', to: '@poolsafe/drizzle/postgres-js/migrator' },
  { from: 'kysely', to: '@poolsafe/kysely', moves: ['PostgresDialect', 'PostgresDialectConfig'] },
  {
    from: 'kysely-postgres-js',
    to: '@poolsafe/kysely/postgres-js',
    moves: ['PostgresJSDialect', 'PostgresJSDialectConfig'],
  },
  { from: '@prisma/adapter-pg', to: '@poolsafe/prisma', moves: ['PrismaPg'] },
  { from: 'typeorm', to: '@poolsafe/typeorm', moves: ['DataSource'] },
];

/** Modules beneath those, and beside them, that have no counterpart. */
const without: readonly { readonly module: RegExp; readonly why: string }[] = [
  { module: /^pg\/(?!package\.json)./, why: 'it is an internal module of pg, without a counterpart' },
  { module: /^pg-pool$/, why: "its pools are pg's own: use Pool of '@poolsafe/pg'" },
  { module: /^pg-native$/, why: 'poolsafe takes the JavaScript client of pg only' },
  {
    module: /^drizzle-orm\/(?:node-postgres|postgres-js)\/(?!migrator$)./,
    why: 'it is an internal module of drizzle-orm, without a counterpart',
  },
  { module: /^@prisma\/adapter-pg\/./, why: 'it is an internal module, without a counterpart' },
];

/** Whether a text may have something to swap: what has none of the names in quotation marks need not be parsed. */
export const mayHaveImports: RegExp =
  /['"`](?:pg|pg-pool|pg-native|pg\/[^'"`]*|postgres|drizzle-orm\/(?:node-postgres|postgres-js)[^'"`]*|kysely|kysely-postgres-js|@prisma\/adapter-pg[^'"`]*|typeorm|@nestjs\/typeorm)['"`]/;

export function rowFor(module: string): SwapRow | undefined {
  return swapRows.find(({ from }) => from === module);
}

/** Why a module that has to do with one of the rows stays as it is. */
export function whyWithout(module: string): string | undefined {
  return without.find((row) => row.module.test(module))?.why;
}

/** Whether a name moves. */
export function moves({ moves: names, lacks = [] }: SwapRow, name: string): boolean {
  return names === undefined ? !lacks.includes(name) : names.includes(name);
}
