import { execFile } from 'node:child_process';
import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const require = createRequire(import.meta.url);

/** What a sample imports instead of `@prisma/client`, which has no models. */
export const generatedClient = '../prisma/client/index.js';

const schema = `generator client {
  provider   = "prisma-client-js"
  engineType = "client"
  output     = "client"
}

datasource db {
  provider = "postgresql"
}

model Note {
  id     Int     @id @default(autoincrement())
  tenant Int     @default(dbgenerated())
  body   String
  done   Boolean @default(false)
  @@map("notes")
}
`;

/** Generates the client of the samples into a folder, with the table that the samples are about. */
export async function writePrismaClient(folder: string): Promise<void> {
  const cwd = join(folder, 'prisma');
  await mkdir(cwd, { recursive: true });
  await writeFile(join(cwd, 'schema.prisma'), schema);
  // The folder in which the package lies beside what it depends on, which the generated client asks for as well.
  const own = await realpath(dirname(require.resolve('@prisma/client/package.json')));
  await symlink(join(own, '../..'), join(cwd, 'node_modules'));
  const command = join(dirname(require.resolve('prisma/package.json')), 'build/index.js');
  // Generating looks for the schema engine and does not run it: any program stands in for it.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' };
  const args = [command, 'generate', '--schema', 'schema.prisma'];
  await promisify(execFile)(process.execPath, args, { cwd, env, timeout: 60_000 });
}
