import * as poolsafe from '@poolsafe/prisma';
import * as bare from '@prisma/adapter-pg';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';
import { client, type PrismaClient, tables } from './generated.ts';
import { rows, steps } from './steps.ts';

/** What an application imports. */
type Lib = Pick<typeof bare, 'PrismaPg'>;

/**
 * A test for each step: the same code with Prisma's own adapter, directly, and with the drop-in over every route,
 * must come to the same. `without` names the steps that this version of Prisma cannot do.
 */
export async function compareWithAdapter(without: readonly string[] = []): Promise<void> {
  const database = await openDatabase(inject('servers'), tables);
  afterAll(() => database[Symbol.asyncDispose]());
  const seen = async (
    { PrismaPg }: Lib,
    url: string,
    step: (db: PrismaClient) => Promise<unknown>,
  ): Promise<unknown> => {
    await database.admin(rows);
    const adapter = new PrismaPg({ connectionString: url, max: 3 });
    // Prisma's own limits are 2 and 5 seconds.
    const db = new client.PrismaClient({ adapter, transactionOptions: { maxWait: 20_000, timeout: 20_000 } });
    try {
      return await step(db);
    } finally {
      await db.$disconnect();
    }
  };
  for (const [title, step] of steps) {
    if (without.includes(title)) continue;
    test(title, async () => {
      const expected = await seen(bare, database.direct.url, step);
      for (const { name, url } of database.routes) {
        expect(await seen(poolsafe as unknown as Lib, url, step), name).toEqual(expected);
      }
    });
  }
}
