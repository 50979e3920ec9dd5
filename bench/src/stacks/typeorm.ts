import * as poolsafe from '@poolsafe/typeorm';
import * as bare from 'typeorm';
import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';
import type { Line, Stack } from './stack.ts';

interface Customer {
  id: number;
  name: string;
  email: string;
}

interface Product {
  id: number;
  name: string;
  price: number;
  category_id: number;
}

interface Purchase {
  id: number;
  status: string;
  placed_at: Date;
  customer: Customer;
  items: Item[];
}

interface Item {
  id: number;
  quantity: number;
  purchase: Purchase;
  product: Product;
}

interface Note {
  id: number;
  purchase_id: number;
  body: string;
}

const id: EntitySchemaColumnOptions = { type: Number, primary: true, generated: 'increment' };

const customer = new EntitySchema<Customer>({
  name: 'customer',
  columns: { id, name: { type: 'text' }, email: { type: 'text' } },
});
const product = new EntitySchema<Product>({
  name: 'product',
  columns: { id, name: { type: 'text' }, price: { type: Number }, category_id: { type: Number } },
});
const purchase = new EntitySchema<Purchase>({
  name: 'purchase',
  columns: { id, status: { type: 'text' }, placed_at: { type: 'timestamptz', createDate: true } },
  relations: {
    customer: { type: 'many-to-one', target: 'customer', joinColumn: { name: 'customer_id' } },
    items: { type: 'one-to-many', target: 'item', inverseSide: 'purchase' },
  },
});
const item = new EntitySchema<Item>({
  name: 'item',
  columns: { id, quantity: { type: Number } },
  relations: {
    purchase: { type: 'many-to-one', target: 'purchase', joinColumn: { name: 'purchase_id' } },
    product: { type: 'many-to-one', target: 'product', joinColumn: { name: 'product_id' } },
  },
});
const note = new EntitySchema<Note>({
  name: 'note',
  columns: { id, purchase_id: { type: Number }, body: { type: 'text' } },
});

export const typeorm: Stack = {
  name: 'TypeORM',
  packages: ['typeorm', 'pg'],
  names: true,
  async open({ side, url, max }) {
    const { DataSource } = side === 'poolsafe' ? poolsafe : bare;
    const entities = [customer, product, purchase, item, note];
    const db: bare.DataSource = new DataSource({ type: 'postgres', url, poolSize: max, entities });
    await db.initialize();
    const products = db.getRepository(product);
    return {
      select: (id) => db.getRepository(customer).findOneBy({ id }),
      join: (id) => joined(db, id),
      async insert(purchase_id, body) {
        const added = await db.getRepository(note).insert({ purchase_id, body });
        return added.identifiers[0]?.id;
      },
      list: (category_id) => products.find({ where: { category_id }, order: { id: 'ASC' }, take: 20 }),
      transaction: (id) => db.transaction((manager) => manager.findOneBy(customer, { id })),
      raw: (text) => db.query(text),
      end: () => db.destroy(),
    };
  },
};

async function joined(db: bare.DataSource, id: number): Promise<Line[]> {
  const found = await db
    .getRepository(purchase)
    .createQueryBuilder('p')
    .innerJoinAndSelect('p.customer', 'c')
    .innerJoinAndSelect('p.items', 'i')
    .innerJoinAndSelect('i.product', 'pr')
    .where('p.id = :id', { id })
    .orderBy('i.id')
    .getOne();
  return (found?.items ?? []).map(({ quantity, product }) => {
    return { quantity, product: product.name, customer: found?.customer.name ?? '' };
  });
}
