import * as poolsafe from '@poolsafe/kysely';
import * as safePg from '@poolsafe/pg';
import * as bare from 'kysely';
import { type Generated, Kysely, sql } from 'kysely';
import pg from 'pg';
import type { Stack } from './stack.ts';

interface Database {
  customer: { id: Generated<number>; name: string; email: string };
  product: { id: Generated<number>; name: string; price: number; category_id: number };
  purchase: { id: Generated<number>; customer_id: number; status: string; placed_at: Generated<Date> };
  item: { id: Generated<number>; purchase_id: number; product_id: number; quantity: number };
  note: { id: Generated<number>; purchase_id: number; body: string };
}

export const kysely: Stack = {
  name: 'Kysely (pg)',
  packages: ['kysely', 'pg'],
  names: true,
  async open({ side, url, max }) {
    const config = { connectionString: url, max };
    const dialect =
      side === 'poolsafe'
        ? new poolsafe.PostgresDialect({ pool: new safePg.Pool(config) })
        : new bare.PostgresDialect({ pool: new pg.Pool(config) });
    const db = new Kysely<Database>({ dialect });
    const select = (from: Pick<typeof db, 'selectFrom'>, id: number) =>
      from.selectFrom('customer').selectAll().where('id', '=', id).executeTakeFirst();
    return {
      select: (id) => select(db, id),
      join: (id) => joined(db, id),
      async insert(purchase_id, body) {
        const values = { purchase_id, body };
        return (await db.insertInto('note').values(values).returning('id').executeTakeFirst())?.id;
      },
      list: (id) =>
        db.selectFrom('product').selectAll().where('category_id', '=', id).orderBy('id').limit(20).execute(),
      transaction: (id) => db.transaction().execute((tx) => select(tx, id)),
      raw: async (text) => (await sql.raw<Record<string, unknown>>(text).execute(db)).rows,
      end: () => db.destroy(),
    };
  },
};

function joined(db: Kysely<Database>, id: number) {
  return db
    .selectFrom('purchase as p')
    .innerJoin('customer as c', 'c.id', 'p.customer_id')
    .innerJoin('item as i', 'i.purchase_id', 'p.id')
    .innerJoin('product as pr', 'pr.id', 'i.product_id')
    .select(['p.id', 'p.status', 'c.name as customer', 'i.quantity', 'pr.name as product', 'pr.price'])
    .where('p.id', '=', id)
    .orderBy('i.id')
    .execute();
}
