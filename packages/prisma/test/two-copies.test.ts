import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Pool } from '@poolsafe/pg';
import { afterAll, expect, inject, test } from 'vitest';
import { packageOf, standIn } from '../../conformance/test/stand-in.ts';
import { openDatabase } from '../../pg/test/database.ts';

const folder = mkdtempSync(join(tmpdir(), 'poolsafe-prisma-'));
afterAll(() => rmSync(folder, { recursive: true }));

const require = createRequire(import.meta.url);
const adapter = packageOf(require.resolve('@prisma/adapter-pg'));
const adapterRoot = fileURLToPath(adapter).replace(/\/$/, '');
const pgRoot = dirname(dirname(require.resolve('pg')));

/** Copies a package, and links what it depends on, which pnpm has beside it. */
function install(root: string, name: string): void {
  const target = join(folder, 'node_modules', name);
  cpSync(root, target, { recursive: true });
  for (const dependency of readdirSync(dirname(root))) {
    const link = join(dirname(target), dependency);
    if (!existsSync(link)) symlinkSync(join(dirname(root), dependency), link);
  }
}

// As package managers install the adapter where the application has a version of pg that it does not want.
install(pgRoot, 'pg');
install(adapterRoot, '@prisma/adapter-pg');
symlinkSync(join(adapterRoot, '../../postgres-array'), join(folder, 'node_modules/postgres-array'));
standIn({ [adapter]: pathToFileURL(join(folder, 'node_modules/@prisma/adapter-pg/')).href });

const bare = await import('@prisma/adapter-pg');
const { HazardError, PrismaPg, UtcClient } = await import('@poolsafe/prisma');
const database = await openDatabase(inject('servers'));
afterAll(() => database[Symbol.asyncDispose]());
const { url } = database.through('1.18');
const query = (sql: string) => ({ sql, args: [], argTypes: [] });

test('the original does not know a pool of another copy of pg', async () => {
  const pool = new Pool({ connectionString: url });
  const adapter = await new bare.PrismaPg(pool).connect();
  expect(adapter.underlyingDriver()).not.toBe(pool);
  expect(adapter.underlyingDriver()).not.toBeInstanceOf(Object.getPrototypeOf(Pool));
  await adapter.dispose();
});

test('the drop-in hands its own pool over all the same', async () => {
  const pool = new Pool({ connectionString: url, Client: UtcClient });
  const adapters = [new PrismaPg(pool), new PrismaPg(url), new PrismaPg({ connectionString: url })];
  for (const factory of adapters) {
    expect(factory).toBeInstanceOf(bare.PrismaPg);
    const adapter = await factory.connect();
    expect(adapter.underlyingDriver()).toBeInstanceOf(Pool);
    expect((await adapter.queryRaw(query('select 1::int as one'))).rows).toEqual([[1]]);
    await expect(adapter.executeRaw(query('begin'))).rejects.toBeInstanceOf(HazardError);
    const transaction = await adapter.startTransaction('SERIALIZABLE');
    await expect(transaction.executeRaw(query('set work_mem = 1'))).rejects.toBeInstanceOf(HazardError);
    await transaction.rollback();
    await adapter.dispose();
    expect(adapter.underlyingDriver().ended).toBe(factory !== adapters[0]);
  }
  await pool.end();
});
