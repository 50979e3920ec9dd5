import { describe, expect, test } from 'vitest';
import { swapFile } from '../src/init/swap-file.ts';

/** [what it is, before, after, file]; what stays is the same before and after. */
type Case = readonly [what: string, before: string, after: string, file?: string];

const swapped: readonly Case[] = [
  ['names of pg', "import { Pool } from 'pg'", "import { Pool } from '@poolsafe/pg'"],
  ['its default export', 'import pg from "pg";', 'import pg from "@poolsafe/pg";'],
  ['both', "import pg, { Client } from 'pg'", "import pg, { Client } from '@poolsafe/pg'"],
  ['all of it', "import * as pg from 'pg'", "import * as pg from '@poolsafe/pg'"],
  ['types', "import type { PoolClient } from 'pg'", "import type { PoolClient } from '@poolsafe/pg'"],
  [
    'names with types',
    "import { type Pool, types } from 'pg'",
    "import { type Pool, types } from '@poolsafe/pg'",
  ],
  ['handing on', "export { Pool } from 'pg'", "export { Pool } from '@poolsafe/pg'"],
  ['handing all on', "export * from 'pg'", "export * from '@poolsafe/pg'"],
  ['CommonJS', "const { Pool } = require('pg')", "const { Pool } = require('@poolsafe/pg')", 'a.cjs'],
  ['a member', "const Pool = require('pg').Pool", "const Pool = require('@poolsafe/pg').Pool", 'a.js'],
  ['the module', "const pg = require('pg')", "const pg = require('@poolsafe/pg')", 'a.js'],
  ['import =', "import pg = require('pg')", "import pg = require('@poolsafe/pg')", 'a.cts'],
  ['import()', "const { Pool } = await import('pg')", "const { Pool } = await import('@poolsafe/pg')"],
  ['a type from afar', "let pool: import('pg').Pool", "let pool: import('@poolsafe/pg').Pool"],
  [
    'among JSX',
    "import { Pool } from 'pg'\nexport const A = () => <p title=\"import 'pg'\">{`from 'pg'`}</p>",
    "import { Pool } from '@poolsafe/pg'\nexport const A = () => <p title=\"import 'pg'\">{`from 'pg'`}</p>",
    'a.jsx',
  ],
  [
    'among JSX of TypeScript',
    "import { Pool } from 'pg'\nexport const A = <T,>(p: T) => <b>{String(p)}</b>",
    "import { Pool } from '@poolsafe/pg'\nexport const A = <T,>(p: T) => <b>{String(p)}</b>",
    'a.tsx',
  ],
  [
    'attributes and line ends',
    "import pg from 'pg';\r\npg.x\r\n",
    "import pg from '@poolsafe/pg';\r\npg.x\r\n",
  ],
  ['postgres.js', "import postgres from 'postgres'", "import postgres from '@poolsafe/postgres'"],
  [
    'its types',
    "import postgres, { type Sql } from 'postgres'",
    "import postgres, { type Sql } from '@poolsafe/postgres'",
  ],
  [
    'postgres.js in CommonJS is a function',
    "const postgres = require('postgres')\nconst sql = require('postgres')(url)",
    "const postgres = require('@poolsafe/postgres').default\nconst sql = require('@poolsafe/postgres').default(url)",
    'a.js',
  ],
  [
    'drizzle',
    "import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'\nimport { eq } from 'drizzle-orm'",
    "import { drizzle, type NodePgDatabase } from '@poolsafe/drizzle/node-postgres'\nimport { eq } from 'drizzle-orm'",
  ],
  [
    'its migrators',
    "import { migrate } from 'drizzle-orm/node-postgres/migrator'\nimport { migrate as m } from 'drizzle-orm/postgres-js/migrator'",
    "import { migrate } from '@poolsafe/drizzle/node-postgres/migrator'\nimport { migrate as m } from '@poolsafe/drizzle/postgres-js/migrator'",
  ],
  [
    'drizzle over postgres.js',
    "import { drizzle } from 'drizzle-orm/postgres-js'",
    "import { drizzle } from '@poolsafe/drizzle/postgres-js'",
  ],
  [
    'kysely: the dialect alone',
    "import { PostgresDialect } from 'kysely'",
    "import { PostgresDialect } from '@poolsafe/kysely'",
  ],
  [
    'kysely: the rest stays',
    "import { Kysely, PostgresDialect, sql as s } from 'kysely';\nimport { Pool } from 'pg';",
    "import { PostgresDialect } from '@poolsafe/kysely';\nimport { Kysely, sql as s } from 'kysely';\nimport { Pool } from '@poolsafe/pg';",
  ],
  [
    'kysely: on several lines',
    "import {\n  Kysely,\n  PostgresDialect as Dialect,\n  type Generated,\n} from 'kysely'",
    "import { PostgresDialect as Dialect } from '@poolsafe/kysely'\nimport {\n  Kysely,\n  type Generated,\n} from 'kysely'",
  ],
  [
    'kysely in CommonJS',
    "const { Kysely, PostgresDialect } = require('kysely')",
    "const { PostgresDialect } = require('@poolsafe/kysely')\nconst { Kysely } = require('kysely')",
    'a.js',
  ],
  [
    'kysely handed on',
    "export { Kysely, PostgresDialect } from 'kysely'",
    "export { PostgresDialect } from '@poolsafe/kysely'\nexport { Kysely } from 'kysely'",
  ],
  [
    'kysely over postgres.js',
    "import { PostgresJSDialect } from 'kysely-postgres-js'",
    "import { PostgresJSDialect } from '@poolsafe/kysely/postgres-js'",
  ],
  ['prisma', "import { PrismaPg } from '@prisma/adapter-pg'", "import { PrismaPg } from '@poolsafe/prisma'"],
  [
    'typeorm, where the data source is made',
    "import { DataSource, Entity } from 'typeorm'\nexport const db = new DataSource({ type: 'postgres', url })",
    "import { DataSource } from '@poolsafe/typeorm'\nimport { Entity } from 'typeorm'\nexport const db = new DataSource({ type: 'postgres', url })",
  ],
  [
    'typeorm, with options from elsewhere',
    "const { DataSource } = require('typeorm')\nmodule.exports = new DataSource(options)",
    "const { DataSource } = require('@poolsafe/typeorm')\nmodule.exports = new DataSource(options)",
    'a.js',
  ],
  [
    'NestJS',
    "import { TypeOrmModule } from '@nestjs/typeorm'\nconst m = TypeOrmModule.forRoot({ type: 'postgres', url })",
    "import { TypeOrmModule } from '@nestjs/typeorm'\nimport { withPoolsafe } from '@poolsafe/typeorm'\nconst m = TypeOrmModule.forRoot(withPoolsafe({ type: 'postgres', url }))",
  ],
];

describe('swaps', () => {
  const rows = swapped.map(([what, before, after, file = 'a.ts']) => ({ what, before, after, file }));
  test.each(rows)('$what', ({ before, after, file }) => {
    const first = swapFile(file, before);
    expect(first.text).toBe(after);
    expect(first.left).toEqual([]);
    expect(first.swapped.length).toBeGreaterThan(0);
    const second = swapFile(file, after);
    expect(second).toEqual({ text: after, left: [], swapped: [] });
  });
});

const kept: readonly (readonly [what: string, text: string, file?: string])[] = [
  [
    'names in texts and comments',
    "// import { Pool } from 'pg'\nconst s = \"require('pg')\"\nconst t = `import 'pg'`",
  ],
  ['its side effects', "import 'pg'"],
  ['other names of kysely', "import { Kysely, sql } from 'kysely'\nimport type { Generated } from 'kysely'"],
  ['a whole kysely that needs nothing of it', "import * as k from 'kysely'\nk.sql`select 1`"],
  [
    'entities of typeorm',
    "import { Column, DataSource, Entity } from 'typeorm'\nfunction f(db: DataSource) {}",
  ],
  [
    'another database of typeorm',
    "import { DataSource } from 'typeorm'\nexport const db = new DataSource({ type: 'mysql' })",
  ],
  [
    'what NestJS injects',
    "import { Injectable } from '@nestjs/common'\nimport { DataSource } from 'typeorm'\nnew DataSource({ type: 'postgres' })",
  ],
  ['a require of somebody else', "function f(require) { return other.require('pg') }", 'a.js'],
];

test.each(kept.map(([what, text, file = 'a.ts']) => ({ what, text, file })))(
  'has nothing to do with: $what',
  ({ text, file }) => {
    expect(swapFile(file, text)).toEqual({ text, left: [], swapped: [] });
  },
);

const left: readonly (readonly [what: string, text: string, why: RegExp, file?: string])[] = [
  ['native', "import { native } from 'pg'", /has no native/],
  ['internals of pg', "import { Query } from 'pg/lib/query'", /internal module of pg/],
  ['pg-pool', "import Pool from 'pg-pool'", /use Pool of '@poolsafe\/pg'/],
  [
    'internals of drizzle',
    "import { NodePgSession } from 'drizzle-orm/node-postgres/session'",
    /internal module/,
  ],
  ['a whole kysely', "import * as k from 'kysely'\nnew k.PostgresDialect({ pool })", /only PostgresDialect/],
  ['all of kysely handed on', "export * from 'kysely'", /export them by name/],
  ['kysely on demand', "const k = await import('kysely')", /only PostgresDialect/],
  [
    'comments among names',
    "import { Kysely, // the builder\n PostgresDialect } from 'kysely'",
    /comments among its names/,
  ],
  ['a mock', "vi.mock('pg', () => ({}))", /what is loaded now/],
  ['types added to a module', "declare module 'pg' { interface X {} }", /adds to the types/],
  ['postgres.js taken apart', "const { PostgresError } = require('postgres')", /is taken apart/, 'a.js'],
  ['postgres.js with import =', "import postgres = require('postgres')", /is no function/, 'a.cts'],
  ['rest of kysely', "const { PostgresDialect, ...rest } = require('kysely')", /split it by hand/, 'a.js'],
  [
    'NestJS with options from elsewhere',
    "import { TypeOrmModule } from '@nestjs/typeorm'\nTypeOrmModule.forRootAsync({ useFactory })",
    /NestJS/,
  ],
  [
    'NestJS that migrates',
    "import { TypeOrmModule } from '@nestjs/typeorm'\nTypeOrmModule.forRoot({ type: 'postgres', migrationsRun: true })",
    /NestJS/,
  ],
];

test.each(left.map(([what, text, why, file = 'a.ts']) => ({ what, text, why, file })))(
  'is left, and said so: $what',
  ({ text, why, file }) => {
    const result = swapFile(file, text);
    expect(result.text).toBe(text);
    expect(result.left).toMatchObject([{ line: expect.any(Number), why: expect.stringMatching(why) }]);
  },
);

test('what is left out of a module does not keep the rest', () => {
  const { text, left } = swapFile('a.ts', "import { Pool, native } from 'pg'");
  expect(text).toBe("import { Pool } from '@poolsafe/pg'\nimport { native } from 'pg'");
  expect(left).toMatchObject([{ line: 1, why: "'@poolsafe/pg' has no native" }]);
});

test('what cannot be parsed says where', () => {
  expect(() => swapFile('a.ts', "import { Pool } from 'pg'\nconst = 1")).toThrow(/^line 2: /);
});
