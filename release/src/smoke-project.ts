import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Project, project } from './project.ts';
import { root } from './run.ts';

const programs = join(root, 'release/smoke');

/** Each program, with what it imports of ours and the library that this is for. */
export const stacks = {
  pg: ['@poolsafe/pg', 'pg'],
  postgres: ['@poolsafe/postgres', 'postgres'],
  'drizzle-node-postgres': ['@poolsafe/drizzle/node-postgres', 'drizzle-orm'],
  'drizzle-postgres-js': ['@poolsafe/drizzle/postgres-js', 'drizzle-orm'],
  'kysely-pg': ['@poolsafe/kysely', 'kysely'],
  'kysely-postgres-js': ['@poolsafe/kysely/postgres-js', 'kysely'],
  prisma: ['@poolsafe/prisma', '@prisma/client'],
  typeorm: ['@poolsafe/typeorm', 'typeorm'],
} as const;

/** The name of a program. */
export type StackName = keyof typeof stacks;

/** The lowest Node that is supported, the last of the one between, and the current one. */
export const nodes = ['20.19.0', '22.23.3', '26.10.0'] as const;

/** The others, in the packages that npm installs for them on this machine, and where in these the binary is. */
export const bun = { version: '1.4.5', package: `@oven/bun-${process.platform}-${armOr('aarch64')}` };
export const deno = { version: '2.9.6', package: `@deno/${process.platform}-${armOr('arm64')}${libc()}` };

/** The lowest TypeScript that the types are checked with, and the current one. */
export const typescripts = ['5.4.5', '7.0.2'] as const;

/** The libraries of the programs. */
export const libraries: Readonly<Record<string, string>> = {
  '@prisma/adapter-pg': '7.10.0',
  '@prisma/client': '7.10.0',
  'drizzle-orm': '0.45.4',
  kysely: '0.29.9',
  'kysely-postgres-js': '5.0.0',
  pg: '8.23.1',
  postgres: '3.4.9',
  prisma: '7.10.0',
  typeorm: '1.1.1',
};

const ours = ['pg', 'postgres', 'drizzle', 'kysely', 'prisma', 'typeorm'].map((name) => `@poolsafe/${name}`);

/** One project with all programs, as ES modules and as CommonJS, and with all that they are run and checked with. */
export async function smokeProject(): Promise<Project> {
  const app = await project({
    nodes,
    dependencies: {
      ...Object.fromEntries([...ours, 'poolsafe'].map((name) => [name, '*'])),
      ...libraries,
      '@types/node': '^26.6.6',
      '@types/pg': '^8.23.1',
      ...Object.fromEntries(typescripts.map((v) => [`typescript-${v}`, `npm:typescript@${v}`])),
      bun: `npm:${bun.package}@${bun.version}`,
      deno: `npm:${deno.package}@${deno.version}`,
    },
    files: { ...(await sources()), 'schema.prisma': schema },
  });
  // Generating does not run the schema engine but looks for it: any program stands in for it.
  const env = { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' };
  const generated = await app.run('prisma', ['generate', '--schema', 'schema.prisma'], { env });
  if (generated.code !== 0) throw new Error(`prisma generate: ${generated.stdout}${generated.stderr}`);
  return app;
}

const schema = `generator client {
  provider = "prisma-client-js"
}
datasource db {
  provider = "postgresql"
}
model numbers {
  n Int @id
}
`;

/** The same text is an ES module and, under another name, CommonJS. */
async function sources(): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of await readdir(programs)) {
    const text = await readFile(join(programs, name), 'utf8');
    files[`src/${name}`] = text;
    files[`src/${name.replace('.mts', '.cts')}`] = text.replace('./smoke.mjs', './smoke.cjs');
  }
  return files;
}

function armOr(arm: string): string {
  return process.arch === 'arm64' ? arm : 'x64';
}

function libc(): string {
  return process.platform === 'linux' ? '-glibc' : '';
}
