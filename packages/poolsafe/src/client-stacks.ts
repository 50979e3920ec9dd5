import type { HazardCode } from '@poolsafe/core';
import { fixFor, type Stack } from '@poolsafe/core/knowledge';
import { type Language, type MarkName, marks } from './marks.ts';
import { otherPlacesFor, type RecipeName, recipes, type WayOut } from './ways-out.ts';

/**
 * The name of a stack that {@link explainText} knows: those of Node that have a poolsafe package, and others.
 *
 * ```ts
 * const stack: ClientStackName = 'sqlalchemy-asyncpg'
 * ```
 */
export type ClientStackName = Stack | RecipeName;

interface ClientStack {
  readonly name: ClientStackName;
  readonly title: string;
  /** It is this stack where all of these show. */
  readonly marks: readonly MarkName[];
}

/** Of a language the most specific first: the first whose marks all show is it. */
export const clientStacks: readonly ClientStack[] = [
  {
    name: 'sqlalchemy-asyncpg',
    title: 'SQLAlchemy 2 (async) with asyncpg, as in FastAPI',
    marks: ['sqlalchemy', 'asyncpg'],
  },
  { name: 'sqlalchemy-psycopg', title: 'SQLAlchemy 2 with psycopg 3', marks: ['sqlalchemy', 'psycopg'] },
  { name: 'django', title: 'Django with psycopg 3', marks: ['django'] },
  { name: 'asyncpg', title: 'asyncpg', marks: ['asyncpg'] },
  { name: 'psycopg', title: 'psycopg 3', marks: ['psycopg'] },
  { name: 'rails', title: 'Rails (Active Record)', marks: ['rails'] },
  { name: 'jdbc', title: 'Java (the PostgreSQL JDBC driver)', marks: ['jdbc'] },
  { name: 'pgx', title: 'Go, pgx', marks: ['pgx'] },
  { name: 'lib-pq', title: 'Go, lib/pq', marks: ['lib-pq'] },
  { name: 'drizzle', title: 'Drizzle', marks: ['drizzle'] },
  { name: 'kysely', title: 'Kysely', marks: ['kysely'] },
  { name: 'prisma', title: 'Prisma', marks: ['prisma'] },
  { name: 'typeorm', title: 'TypeORM', marks: ['typeorm'] },
  { name: 'postgres', title: 'postgres.js', marks: ['postgres'] },
  { name: 'pg', title: 'pg (node-postgres)', marks: ['pg'] },
  { name: 'prisma', title: 'Prisma', marks: ['prisma-engine'] },
];

/** The stack behind an error: `own` are the marks in its own line, `near` those in the lines around. */
export function stackOf(own: readonly MarkName[], near: ReadonlySet<MarkName>): ClientStackName | undefined {
  const language: Language | undefined = own[0] && marks[own[0]].language;
  const seen = [
    ...own,
    ...[...near].filter((name) => (language ?? marks[name].language) === marks[name].language),
  ];
  return clientStacks.find((row) => row.marks.every((name) => seen.includes(name)))?.name;
}

/**
 * What a stack can do about a hazard: the ways out of it, each with what it costs. Without a stack, those that are the
 * same for all.
 */
export function waysOut(hazard: HazardCode, stack: ClientStackName | undefined): readonly WayOut[] {
  const own = stack === undefined ? [] : ownWays(hazard, stack);
  return [...own, ...otherPlacesFor(hazard)];
}

function ownWays(hazard: HazardCode, stack: ClientStackName): readonly WayOut[] {
  if (!isRecipe(stack)) return [nodeWay(hazard, stack)];
  return recipes[stack]
    .filter((recipe) => recipe.hazard === hazard)
    .map(({ hazard: _, ...rest }) => ({ way: 'transaction pooler', ...rest }));
}

function isRecipe(stack: ClientStackName): stack is RecipeName {
  return stack in recipes;
}

/** What a user of each stack imports instead, from the README of its package. */
const swaps: { readonly [Name in Stack]: readonly [from: string, to: string] } = {
  pg: ["import { Pool } from 'pg'", "import { Pool } from '@poolsafe/pg'"],
  drizzle: [
    "import { drizzle } from 'drizzle-orm/node-postgres'",
    "import { drizzle } from '@poolsafe/drizzle/node-postgres'",
  ],
  kysely: ["import { PostgresDialect } from 'kysely'", "import { PostgresDialect } from '@poolsafe/kysely'"],
  prisma: ["import { PrismaPg } from '@prisma/adapter-pg'", "import { PrismaPg } from '@poolsafe/prisma'"],
  typeorm: ["import { DataSource } from 'typeorm'", "import { DataSource } from '@poolsafe/typeorm'"],
  postgres: ["import postgres from 'postgres'", "import postgres from '@poolsafe/postgres'"],
};

const rustEngine = `

# Prisma 6 and earlier, whose Rust engine takes no adapter: new PrismaClient({ datasourceUrl: … }) with
datasourceUrl(process.env.DATABASE_URL, { engineVersion: '5.22.0' }) of @poolsafe/prisma`;

function nodeWay(hazard: HazardCode, stack: Stack): WayOut {
  const [from, to] = swaps[stack];
  const swap = `npm install @poolsafe/${stack}\n\n- ${from}\n+ ${to}${stack === 'prisma' ? rustEngine : ''}`;
  const isDoneByPackage = hazard === 'POOLSAFE_STATEMENT_NAME' || hazard === 'POOLSAFE_STARTUP_PARAMETER';
  const code = isDoneByPackage ? undefined : fixFor(hazard, stack);
  return {
    way: 'transaction pooler',
    settings: code === undefined ? swap : `${swap}\n\n${code}`,
    costs:
      hazard === 'POOLSAFE_STATEMENT_NAME'
        ? 'where the pooler keeps no statements, PostgreSQL parses and plans each query anew'
        : 'nothing else; what needs a session is refused with the reason, before it is sent',
    source: `packages/${stack}/README.md`,
    verified: 'the conformance suite, docs/conformance.md',
  };
}
