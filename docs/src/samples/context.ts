import type { Fence } from './fences.ts';

/**
 * What the names mean that a sample uses without having made them: the files of docs/samples. A comment above the
 * sample says which, else what it imports, else the heading, else the page; else it is pg.
 */
export const contexts = [
  'drizzle-postgres-js',
  'drizzle',
  'kysely-postgres-js',
  'kysely',
  'prisma',
  'prisma-6',
  'typeorm',
  'postgres',
  'pg',
  'hono',
  'express',
  'fastify',
  'nestjs',
  'conformance',
  'api',
] as const;

/** The name of a file of docs/samples. */
export type Context = (typeof contexts)[number];

const imports: readonly (readonly [RegExp, Context])[] = [
  [/\bTypeOrmModule\b/, 'nestjs'],
  [/\bdatasourceUrl: /, 'prisma-6'],
  [/from '@poolsafe\/conformance'|: Subject =/, 'conformance'],
  [/from '(@poolsafe\/drizzle|drizzle-orm)\/postgres-js/, 'drizzle-postgres-js'],
  [/from '(@poolsafe\/drizzle|drizzle-orm)\b/, 'drizzle'],
  [/from '(@poolsafe\/kysely\/|kysely-)postgres-js/, 'kysely-postgres-js'],
  [/from '(@poolsafe\/)?kysely'/, 'kysely'],
  [/from '@poolsafe\/prisma'/, 'prisma'],
  [/from '(@poolsafe\/)?typeorm'/, 'typeorm'],
  [/from '(@poolsafe\/)?postgres'/, 'postgres'],
];

const names: readonly (readonly [RegExp, Context])[] = [
  [/nestjs/i, 'nestjs'],
  [/drizzle/i, 'drizzle'],
  [/kysely/i, 'kysely'],
  [/prisma/i, 'prisma'],
  [/typeorm/i, 'typeorm'],
  [/^docs\/api\/(core|conformance|stack|poolsafe)\.md$/, 'api'],
  [/postgres[.-]?js|@?poolsafe\/postgres\b|(packages|api)\/postgres\b/i, 'postgres'],
];

/** The context that a sample is compiled in. */
export function contextOf({ text, marks, heading, page }: Fence): Context {
  const marked = contexts.find((name) => marks.includes(name));
  const found = (rows: typeof names, where: string) => rows.find(([sign]) => sign.test(where))?.[1];
  return marked ?? found(imports, text) ?? found(names, heading) ?? found(names, page) ?? 'pg';
}
