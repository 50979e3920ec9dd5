import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { urlVariables } from '@poolsafe/core/urls';
import { afterEach, beforeEach, expect, test } from 'vitest';

const require = createRequire(import.meta.url);
const installed = require.resolve('prisma/build/index.js');
const ours = fileURLToPath(new URL('../', import.meta.url));

const schema = `generator client {
  provider   = "prisma-client-js"
  engineType = "client"
  output     = "client"
}

datasource db {
  provider = "postgresql"
}

model Note {
  id Int @id
}`;

const config = `import { migrationUrl } from '${ours}src/index.ts';
export default { schema: 'schema.prisma', datasource: { url: migrationUrl() } };`;

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(ours, 'node_modules/.cache-prisma-config-'));
  symlinkSync(join(ours, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'schema.prisma'), schema);
  writeFileSync(join(folder, 'prisma.config.ts'), config);
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Runs a command of Prisma where the environment has no URL but those given. */
function prisma(command: string, urls: Readonly<Record<string, string>>, script = installed): string {
  const none = Object.fromEntries(urlVariables.map(({ variable }) => [variable, undefined]));
  const env = {
    ...process.env,
    ...none,
    ...urls,
    NODE_OPTIONS: '--conditions=@poolsafe/source',
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    CHECKPOINT_DISABLE: '1',
  };
  const options = { cwd: folder, env, encoding: 'utf8', timeout: 25_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...command.split(' ')], options);
  return `${stdout}${stderr}ended with ${status}`;
}

const pooled = { DATABASE_URL: 'postgres://u:hunter2@ep-x-pooler.eu.neon.tech/db' };

test('what connects to nothing needs no URL', () => {
  for (const urls of [{}, pooled]) {
    expect(prisma('generate', urls)).toMatch(/Generated Prisma Client.*ended with 0/s);
  }
  expect(prisma('validate', {})).toMatch(/is valid.*ended with 0/s);
});

test('nor does it where npm has made a link to the command', () => {
  const link = join(folder, 'prisma');
  symlinkSync(installed, link);
  expect(prisma('validate', {}, link)).toMatch(/is valid.*ended with 0/s);
});

test('what connects says what is missing', () => {
  expect(prisma('migrate deploy', {})).toMatch(/There is no URL for migrations.*ended with 1/s);
  const output = prisma('db push', pooled);
  expect(output).toMatch(/leads to Neon.*set DIRECT_URL.*ended with 1/s);
  expect(output).not.toContain('hunter2');
});
