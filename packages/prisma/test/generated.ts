import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaPg as LowestPrismaPg } from '@prisma/adapter-pg-lowest';

const require = createRequire(import.meta.url);
const cache = fileURLToPath(new URL('../node_modules/.cache/poolsafe/', import.meta.url));

/** The models of the tests. Prisma 6 wants a URL here and does not use it. */
const schemaOf = (version: string) => `generator client {
  provider   = "prisma-client-js"
  engineType = "client"
  output     = "client"
}

datasource db {
  provider = "postgresql"
  ${version.startsWith('6.') ? 'url = "postgresql://unused"' : ''}
}

model Author {
  id    Int    @id @default(autoincrement())
  name  String @unique
  books Book[]
}

model Book {
  id       Int       @id @default(autoincrement())
  title    String
  printed  DateTime? @db.Timestamptz(3)
  bought   DateTime? @db.Timestamp(3)
  price    Decimal?
  tags     Json?
  cover    Bytes?
  stock    BigInt?
  author   Author    @relation(fields: [authorId], references: [id])
  authorId Int
}`;

/** The same tables in SQL: the engine that would make them is a binary that is not there. */
export const tables = `
  create table "Author" (id serial primary key, name text unique not null);
  create table "Book" (id serial primary key, title text not null, printed timestamptz(3), bought timestamp(3),
    price numeric, tags jsonb, cover bytea, stock bigint, "authorId" int not null references "Author" (id));`;

/** What is used of a generated model. Its own types are only there when it has been generated. */
type Model = Readonly<
  Record<
    | 'aggregate'
    | 'count'
    | 'create'
    | 'createMany'
    | 'delete'
    | 'deleteMany'
    | 'findFirst'
    | 'findMany'
    | 'findUnique'
    | 'findUniqueOrThrow'
    | 'groupBy'
    | 'update'
    | 'updateMany'
    | 'upsert',
    <T = unknown>(args?: object) => Promise<T>
  >
>;

/** What runs queries: a client, or the transaction in `$transaction`. */
export interface Queries {
  readonly author: Model;
  readonly book: Model;
  $queryRaw<T = unknown>(strings: TemplateStringsArray, ...values: unknown[]): Promise<T>;
  $queryRawUnsafe<T = unknown>(text: string, ...values: unknown[]): Promise<T>;
  $executeRaw(strings: TemplateStringsArray, ...values: unknown[]): Promise<number>;
  $executeRawUnsafe(text: string, ...values: unknown[]): Promise<number>;
  $transaction<T>(work: (transaction: Queries) => Promise<T>, options?: object): Promise<T>;
  $transaction(batch: readonly Promise<unknown>[], options?: object): Promise<unknown[]>;
}

/** A generated client. */
export interface PrismaClient extends Queries {
  $connect(): Promise<void>;
  $disconnect(): Promise<void>;
  $extends(extension: object): PrismaClient;
  $on(event: 'query', listener: (event: { readonly query: string }) => void): void;
}

/** The module of a generated client. */
export interface Generated {
  readonly Prisma: {
    readonly prismaVersion: { readonly client: string };
    readonly PrismaClientKnownRequestError: new (...of: never[]) => Error & { readonly code: string };
  };
  readonly PrismaClient: new (options: {
    adapter: PrismaPg;
    transactionOptions?: { maxWait: number; timeout: number };
    errorFormat?: 'minimal';
    log?: readonly { emit: 'event'; level: 'query' }[];
  }) => PrismaClient;
}

const current = {
  prisma: require.resolve('prisma/package.json'),
  client: require.resolve('@prisma/client/package.json'),
};
const lowest = {
  prisma: require.resolve('prisma-lowest/package.json'),
  client: require.resolve('@prisma/client-lowest/package.json'),
};

/** The client of the same version as the adapter in use, which lowest/use-lowest.ts may have exchanged. */
export const client: Generated = generated((PrismaPg as unknown) === LowestPrismaPg ? lowest : current);

/** Generates a client, once for all processes, and loads it. */
function generated(packages: typeof current): Generated {
  const { version } = require(packages.prisma);
  const schema = schemaOf(version);
  const folder = join(cache, `${version}-${createHash('sha256').update(schema).digest('hex').slice(0, 8)}`);
  if (!existsSync(folder)) generate(packages, schema, folder);
  return require(join(folder, 'client'));
}

function generate({ prisma, client }: typeof current, schema: string, folder: string): void {
  const draft = `${folder}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  writeFileSync(join(draft, 'schema.prisma'), schema);
  // The folder in which the package lies beside what it depends on, which the generated client asks for as well.
  symlinkSync(join(dirname(realpathSync(client)), '../..'), join(draft, 'node_modules'));
  // Generating does not run the schema engine but looks for it: any program stands in for it.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' };
  const command = [join(dirname(prisma), 'build/index.js'), 'generate', '--schema', 'schema.prisma'];
  execFileSync(process.execPath, command, { cwd: draft, env, stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    renameSync(draft, folder);
  } catch (error) {
    // Another process was first. A folder that is not empty is never replaced.
    if (!existsSync(folder)) throw error;
    rmSync(draft, { recursive: true });
  }
}
