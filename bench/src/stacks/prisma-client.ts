import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);

/** What is used of a generated model. Its own types are only there when it has been generated. */
interface Model<T> {
  findFirst(query: object): Promise<T | null>;
  findMany(query: object): Promise<T[]>;
  create(query: object): Promise<T>;
}

interface Purchase {
  readonly customer: { readonly name: string };
  readonly items: readonly { readonly quantity: number; readonly product: { readonly name: string } }[];
}

/** What runs queries: a client, or the transaction in `$transaction`. */
export interface Models {
  readonly customer: Model<{ readonly name: string }>;
  readonly product: Model<{ readonly category_id: number }>;
  readonly purchase: Model<Purchase>;
  readonly note: Model<{ readonly id: number }>;
}

/** A generated client. */
export interface Client extends Models {
  $queryRawUnsafe(text: string): Promise<Record<string, unknown>[]>;
  $transaction<T>(work: (tx: Models) => Promise<T>): Promise<T>;
  $disconnect(): Promise<void>;
}

const schema = `generator client {
  provider        = "prisma-client-js"
  engineType      = "client"
  previewFeatures = ["relationJoins"]
  output          = "client"
}

datasource db {
  provider = "postgresql"
}

model customer {
  id        Int        @id @default(autoincrement())
  name      String
  email     String
  purchases purchase[]
}

model product {
  id          Int    @id @default(autoincrement())
  name        String
  price       Int
  category_id Int
  items       item[]
}

model purchase {
  id          Int      @id @default(autoincrement())
  customer_id Int
  customer    customer @relation(fields: [customer_id], references: [id])
  status      String
  placed_at   DateTime @default(now()) @db.Timestamptz(6)
  items       item[]
}

model item {
  id          Int      @id @default(autoincrement())
  purchase_id Int
  purchase    purchase @relation(fields: [purchase_id], references: [id])
  product_id  Int
  product     product  @relation(fields: [product_id], references: [id])
  quantity    Int
}

model note {
  id          Int    @id @default(autoincrement())
  purchase_id Int
  body        String
}`;

/** Generates a client and loads it. */
export function generatedClient(): new (options: object) => Client {
  const folder = new URL('../../node_modules/.bench/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL('schema.prisma', folder), schema);
  // The folder in which the package lies beside what it depends on, which the generated client asks for as well.
  const beside = new URL(
    '../..',
    pathToFileURL(realpathSync(require.resolve('@prisma/client/package.json'))),
  );
  rmSync(new URL('node_modules', folder), { force: true });
  symlinkSync(fileURLToPath(beside), new URL('node_modules', folder));
  // Generating does not run the schema engine but looks for it: any program stands in for it.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' };
  const prisma = fileURLToPath(import.meta.resolve('prisma/build/index.js'));
  const command = [prisma, 'generate', '--schema', 'schema.prisma'];
  execFileSync(process.execPath, command, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
  return require(fileURLToPath(new URL('client', folder))).PrismaClient;
}
