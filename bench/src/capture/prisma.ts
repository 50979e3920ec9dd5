import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { Scenario } from '../capture.ts';

/** What is used of a generated model. Its own types are made with it, so they are not there before the first run. */
type Model = Readonly<
  Record<
    | 'aggregate'
    | 'count'
    | 'create'
    | 'createMany'
    | 'createManyAndReturn'
    | 'delete'
    | 'deleteMany'
    | 'findFirst'
    | 'findMany'
    | 'findUnique'
    | 'groupBy'
    | 'update'
    | 'updateMany'
    | 'upsert',
    (args?: object) => Promise<unknown>
  >
>;

interface Client {
  readonly person: Model;
  readonly post: Model;
  $queryRaw(strings: TemplateStringsArray, ...values: unknown[]): Promise<unknown>;
  $executeRawUnsafe(text: string, ...values: unknown[]): Promise<unknown>;
  $transaction(batch: Promise<unknown>[], options?: object): Promise<unknown>;
  $transaction(work: (tx: Client) => Promise<unknown>, options?: object): Promise<unknown>;
  $disconnect(): Promise<void>;
}

const schema = `generator client {
  provider   = "prisma-client"
  engineType = "client"
  output     = "client"
}

datasource db {
  provider = "postgresql"
}

model Person {
  id       Int     @id @default(autoincrement())
  name     String  @unique
  role     String? @default("user")
  settings Json?
  posts    Post[]
}

model Post {
  id       String  @id @default(uuid())
  title    String
  author   Person? @relation(fields: [authorId], references: [id])
  authorId Int?
  tags     Tag[]
}

model Tag {
  id    Int    @id @default(autoincrement())
  label String
  posts Post[]
}`;

/** What `prisma db push` would create; its engine cannot be had everywhere. */
const tables = `create table "Person" (id serial primary key, name text unique not null, role text default 'user',
  settings jsonb);
  create table "Post" (id text primary key, title text not null, "authorId" int references "Person" (id));
  create table "Tag" (id serial primary key, label text not null);
  create table "_PostToTag" ("A" text references "Post" (id), "B" int references "Tag" (id), primary key ("A", "B"))`;

export const prisma: Scenario = async (url) => {
  const setup = new pg.Client({ connectionString: url });
  await setup.connect();
  await setup.query(tables);
  await setup.end();
  const { PrismaClient } = await generated();
  const db = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 2 }) });
  await writes(db);
  await reads(db);
  await transactions(db);
  await db.$disconnect();
};

async function generated(): Promise<{ PrismaClient: new (options: object) => Client }> {
  const folder = new URL('../../node_modules/.capture/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL('schema.prisma', folder), schema);
  // Generating does not run the schema engine but looks for it: any program stands in for it.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' };
  const command = [fileURLToPath(import.meta.resolve('prisma/build/index.js')), 'generate'];
  execFileSync(process.execPath, command, { cwd: folder, env, stdio: 'ignore' });
  const client: string = new URL('client/client.ts', folder).href;
  return import(client);
}

async function writes({ person, post }: Client): Promise<void> {
  const data = { name: 'Ada', posts: { create: [{ title: 'First', tags: { create: { label: 'a' } } }] } };
  await person.create({ data, include: { posts: { include: { tags: true } } } });
  await person.createMany({ data: [{ name: 'Bob' }, { name: 'Cyd', role: 'set' }], skipDuplicates: true });
  await person.createManyAndReturn({ data: [{ name: 'Dan', settings: { a: 1 } }], select: { id: true } });
  await person.upsert({ where: { name: 'Bob' }, create: { name: 'Bob' }, update: { role: 'x' } });
  await person.upsert({
    where: { name: 'Eve' },
    create: { name: 'Eve' },
    update: {},
    include: { posts: true },
  });
  await person.update({ where: { id: 1 }, data: { role: 'admin', posts: { create: { title: 'Second' } } } });
  await person.update({
    where: { id: 1 },
    data: { posts: { updateMany: { where: {}, data: { title: 'x' } } } },
  });
  await person.updateMany({ where: { role: { in: ['a', 'b'] } }, data: { role: null } });
  await post.updateMany({ where: { author: { name: 'Ada' } }, data: { title: 'Third' } });
  await post.create({
    data: {
      title: 'Fourth',
      author: { connectOrCreate: { where: { name: 'Fay' }, create: { name: 'Fay' } } },
    },
  });
  await person.delete({ where: { name: 'Dan' } });
  await post.deleteMany({ where: { title: { startsWith: 'F' }, author: null } });
}

async function reads({ person, post }: Client): Promise<void> {
  await person.findUnique({ where: { id: 1 }, include: { posts: { take: 2, orderBy: { title: 'desc' } } } });
  await person.findFirst({ where: { OR: [{ id: 1 }, { name: { contains: 'a', mode: 'insensitive' } }] } });
  await person.findMany({
    orderBy: { id: 'desc' },
    skip: 5,
    take: 10,
    cursor: { id: 1 },
    distinct: ['role'],
  });
  await person.findMany({
    where: { posts: { some: { tags: { every: { label: 'a' } } } } },
    select: { name: true },
  });
  await person.findMany({ where: { settings: { path: ['a'], equals: 1 }, NOT: { role: 'x' } } });
  await person.findMany({ include: { _count: { select: { posts: true } } } });
  await post.findMany({ include: { author: true, tags: true }, where: { author: { is: { role: 'user' } } } });
  await person.count({ where: { role: 'user' } });
  await person.aggregate({ _sum: { id: true }, _avg: { id: true }, _max: { name: true } });
  await person.groupBy({ by: ['role'], _count: true, having: { id: { _count: { gt: 0 } } } });
}

async function transactions(db: Client): Promise<void> {
  await db.$transaction([db.person.count(), db.post.count()], { isolationLevel: 'Serializable' });
  await db.$transaction(
    async (tx) => {
      await tx.$queryRaw`select set_config('app.tenant', ${'1'}, true)`;
      await tx.$queryRaw`select * from "Person" where id = ${1} for update`;
      await tx.$executeRawUnsafe('update "Person" set role = $1', 'y');
    },
    { isolationLevel: 'RepeatableRead' },
  );
  await db.$transaction(() => Promise.reject(new Error('no'))).catch(() => {});
}
