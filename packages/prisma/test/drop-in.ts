import * as poolsafe from '@poolsafe/prisma';
import * as bare from '@prisma/adapter-pg';
import { afterAll, inject } from 'vitest';
import { comparisonOf, type Step } from '../../pg/test/comparing.ts';
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
  const withClient =
    (step: (db: PrismaClient) => Promise<unknown>): Step<Lib> =>
    async ({ PrismaPg }, { url }) => {
      await database.admin(rows);
      const adapter = new PrismaPg({ connectionString: url, max: 3 });
      // Prisma's own limits are 2 and 5 seconds.
      const transactionOptions = { maxWait: 20_000, timeout: 20_000 };
      const db = new client.PrismaClient({ adapter, transactionOptions });
      try {
        return await step(db);
      } finally {
        await db.$disconnect();
      }
    };
  const { sameSteps } = comparisonOf<Lib>({ bare, guarded: poolsafe as unknown as Lib, database });
  sameSteps(new Map([...steps].map(([title, step]) => [title, withClient(step)])), without);
}
