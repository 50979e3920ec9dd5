import * as poolsafe from '@poolsafe/prisma';
import * as bare from '@prisma/adapter-pg';
import { type Client, generatedClient, type Models } from './prisma-client.ts';
import type { Line, Stack } from './stack.ts';

let generated: ReturnType<typeof generatedClient> | undefined;

export const prisma: Stack = {
  name: 'Prisma',
  packages: ['@prisma/client', '@prisma/adapter-pg', 'pg'],
  names: true,
  async open({ side, url, max }) {
    generated ??= generatedClient();
    const { PrismaPg } = side === 'poolsafe' ? poolsafe : bare;
    const db = new generated({
      adapter: new PrismaPg({ connectionString: url, max }),
      errorFormat: 'minimal',
    });
    // Not findUnique: Prisma gathers those of one moment into one statement, and this is to be one each.
    const select = ({ customer }: Models, id: number) => customer.findFirst({ where: { id } });
    return {
      select: (id) => select(db, id),
      join: (id) => joined(db, id),
      insert: async (purchase_id, body) => {
        return (await db.note.create({ data: { purchase_id, body }, select: { id: true } })).id;
      },
      list: (category_id) =>
        db.product.findMany({ where: { category_id }, orderBy: { id: 'asc' }, take: 20 }),
      transaction: (id) => db.$transaction((tx) => select(tx, id)),
      raw: (text) => db.$queryRawUnsafe(text),
      end: () => db.$disconnect(),
    };
  },
};

/** One statement with joins, which is a preview feature of Prisma; without it, it sends a statement for each table. */
async function joined({ purchase }: Client, id: number): Promise<Line[]> {
  const found = await purchase.findFirst({
    relationLoadStrategy: 'join',
    where: { id },
    include: { customer: true, items: { include: { product: true }, orderBy: { id: 'asc' } } },
  });
  return (found?.items ?? []).map(({ quantity, product }) => {
    return { quantity, product: product.name, customer: found?.customer.name ?? '' };
  });
}
