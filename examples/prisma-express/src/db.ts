import { PrismaPg, settingsExtension } from '@poolsafe/prisma';
import { PrismaClient } from './generated/client.ts';

const { DATABASE_URL } = process.env;
if (!DATABASE_URL)
  throw new Error('DATABASE_URL is not set: the URL of the pooler. `pnpm run database` starts one.');

const adapter = new PrismaPg({ connectionString: DATABASE_URL, max: 10, connectionTimeoutMillis: 5_000 });

// Keeps apart what Prisma would send together: queries of several tenants. It comes last, and there is no other client.
export const prisma = new PrismaClient({ adapter }).$extends(settingsExtension);
