import { PrismaPg } from '@poolsafe/prisma';
import { openDatabaseForFixes, testFixes } from '../../pg/test/fixes.ts';
import { client } from './generated.ts';

testFixes({
  database: await openDatabaseForFixes(),
  stack: 'prisma',
  open({ url }) {
    const prisma = new client.PrismaClient({ adapter: new PrismaPg(url) });
    return { names: { prisma }, close: () => prisma.$disconnect() };
  },
});
