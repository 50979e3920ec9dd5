import * as safeNodePostgres from '@poolsafe/drizzle/node-postgres';
import * as safePostgresJs from '@poolsafe/drizzle/postgres-js';
import { asc, eq, sql } from 'drizzle-orm';
import * as bareNodePostgres from 'drizzle-orm/node-postgres';
import {
  integer,
  type PgDatabase,
  type PgQueryResultHKT,
  pgTable,
  serial,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';
import * as barePostgresJs from 'drizzle-orm/postgres-js';
import { bareOptions } from './postgres.ts';
import type { App, Stack } from './stack.ts';

const customer = pgTable('customer', {
  id: serial().primaryKey(),
  name: text().notNull(),
  email: text().notNull(),
});
const product = pgTable('product', {
  id: serial().primaryKey(),
  name: text().notNull(),
  price: integer().notNull(),
  category_id: integer().notNull(),
});
const purchase = pgTable('purchase', {
  id: serial().primaryKey(),
  customer_id: integer().notNull(),
  status: text().notNull(),
  placed_at: timestamp({ withTimezone: true }).notNull().defaultNow(),
});
const item = pgTable('item', {
  id: serial().primaryKey(),
  purchase_id: integer().notNull(),
  product_id: integer().notNull(),
  quantity: integer().notNull(),
});
const note = pgTable('note', {
  id: serial().primaryKey(),
  purchase_id: integer().notNull(),
  body: text().notNull(),
});

export const drizzleOverPg: Stack = {
  name: 'Drizzle (pg)',
  packages: ['drizzle-orm', 'pg'],
  names: true,
  async open({ side, url, max }) {
    const { drizzle } = side === 'poolsafe' ? safeNodePostgres : bareNodePostgres;
    const db = drizzle({ connection: { connectionString: url, max } });
    const raw = async (query: string) => (await db.execute(sql.raw(query))).rows;
    return { ...queriesOf(db), raw, end: () => (db.$client as { end(): Promise<void> }).end() };
  },
};

export const drizzleOverPostgresJs: Stack = {
  name: 'Drizzle (postgres.js)',
  packages: ['drizzle-orm', 'postgres'],
  names: true,
  async open(opening) {
    const { side, url, max } = opening;
    const db =
      side === 'poolsafe'
        ? safePostgresJs.drizzle({ connection: { url, max } })
        : barePostgresJs.drizzle({ connection: { url, ...bareOptions(opening) } });
    const raw = async (query: string) => [...(await db.execute(sql.raw(query)))];
    return { ...queriesOf(db), raw, end: () => db.$client.end() };
  },
};

function queriesOf<T extends PgQueryResultHKT>(db: PgDatabase<T>): Omit<App, 'raw' | 'end'> {
  const select = async (from: Pick<typeof db, 'select'>, id: number) =>
    (await from.select().from(customer).where(eq(customer.id, id)))[0];
  return {
    select: (id) => select(db, id),
    join: (id) =>
      db
        .select({
          id: purchase.id,
          status: purchase.status,
          customer: customer.name,
          quantity: item.quantity,
          product: product.name,
          price: product.price,
        })
        .from(purchase)
        .innerJoin(customer, eq(customer.id, purchase.customer_id))
        .innerJoin(item, eq(item.purchase_id, purchase.id))
        .innerJoin(product, eq(product.id, item.product_id))
        .where(eq(purchase.id, id))
        .orderBy(asc(item.id)),
    async insert(purchase_id, body) {
      const [added] = await db.insert(note).values({ purchase_id, body }).returning({ id: note.id });
      return added?.id;
    },
    list: (id) =>
      db.select().from(product).where(eq(product.category_id, id)).orderBy(asc(product.id)).limit(20),
    transaction: (id) => db.transaction((tx) => select(tx, id)),
  };
}
