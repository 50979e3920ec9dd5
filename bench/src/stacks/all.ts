import { drizzleOverPg, drizzleOverPostgresJs } from './drizzle.ts';
import { kysely } from './kysely.ts';
import { pg } from './pg.ts';
import { postgres } from './postgres.ts';
import { prisma } from './prisma.ts';
import type { Stack } from './stack.ts';
import { typeorm } from './typeorm.ts';

/** Everything that is measured, in the order of the tables. */
export const stacks: readonly Stack[] = [
  pg,
  postgres,
  drizzleOverPg,
  drizzleOverPostgresJs,
  kysely,
  prisma,
  typeorm,
];
