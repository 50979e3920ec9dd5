import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Migration } from '@poolsafe/conformance';

/** A folder as drizzle-kit writes it, which is removed at the end of the scope. */
export interface MigrationsFolder extends Disposable {
  readonly migrationsFolder: string;
}

/** Writes migrations as drizzle-kit does. Statements within one are separated by drizzle's own breakpoint. */
export async function folderOf(migrations: readonly Migration[]): Promise<MigrationsFolder> {
  const migrationsFolder = mkdtempSync(join(tmpdir(), 'poolsafe-drizzle-'));
  const entries = migrations.map(({ name }, idx) => ({ idx, when: idx + 1, tag: name, breakpoints: true }));
  await mkdir(join(migrationsFolder, 'meta'));
  const journal = JSON.stringify({ version: '7', dialect: 'postgresql', entries });
  await writeFile(join(migrationsFolder, 'meta/_journal.json'), journal);
  for (const { name, sql } of migrations) await writeFile(join(migrationsFolder, `${name}.sql`), sql);
  return {
    migrationsFolder,
    [Symbol.dispose]: () => rmSync(migrationsFolder, { recursive: true }),
  };
}
