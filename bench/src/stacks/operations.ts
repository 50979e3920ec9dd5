import type { Queries } from './stack.ts';

/** What is measured. */
export type Operation = Exclude<keyof Queries, 'transaction'>;

/** What the tables call the operations. */
export const operations: Readonly<Record<Operation, string>> = {
  select: 'primary-key select',
  join: 'four-way join',
  insert: 'insert returning',
  list: '20-row list',
};

/** Runs an operation for the `i`-th time, with parameters that change, and looks at its result. */
export async function run(operation: keyof Queries, queries: Queries, i: number): Promise<void> {
  await checked[operation](queries, i);
}

const customers = 1000;
const purchases = 5000;
const products = 1000;
const categories = 20;
const linesOfPurchase = 4;

const checked: Readonly<Record<keyof Queries, (queries: Queries, i: number) => Promise<void>>> = {
  async select(queries, i) {
    const id = (i % customers) + 1;
    check('select', (await queries.select(id))?.name === `customer ${id}`);
  },
  async join(queries, i) {
    const id = (i % purchases) + 1;
    const lines = await queries.join(id);
    const customer = `customer ${((id - 1) % customers) + 1}`;
    const right = lines.every((line, n) => {
      return line.customer === customer && line.product === `product ${((id * 7 + n) % products) + 1}`;
    });
    check('join', lines.length === linesOfPurchase && right);
  },
  async insert(queries, i) {
    const id = await queries.insert((i % purchases) + 1, `note ${i}`);
    check('insert', Number.isSafeInteger(id));
  },
  async list(queries, i) {
    const category = i % categories;
    const found = await queries.list(category);
    check('list', found.length === 20 && found.every(({ category_id }) => category_id === category));
  },
  async transaction(queries, i) {
    const id = (i % customers) + 1;
    check('transaction', (await queries.transaction(id))?.name === `customer ${id}`);
  },
};

function check(operation: string, right: boolean): void {
  if (!right) throw new Error(`The result of "${operation}" is wrong.`);
}

/** The tables of the operations, and their rows. */
export const schema: string = `
  create table customer (id serial primary key, name text not null, email text not null);
  create table product (id serial primary key, name text not null, price int not null, category_id int not null);
  create table purchase (id serial primary key, customer_id int not null references customer, status text not null,
    placed_at timestamptz not null default now());
  create table item (id serial primary key, purchase_id int not null references purchase,
    product_id int not null references product, quantity int not null);
  create table note (id serial primary key, purchase_id int not null references purchase, body text not null);
  insert into customer (name, email) select 'customer ' || i, i || '@example.com' from generate_series(1, ${customers}) i;
  insert into product (name, price, category_id)
    select 'product ' || i, i * 10, i % ${categories} from generate_series(1, ${products}) i;
  insert into purchase (customer_id, status)
    select (i - 1) % ${customers} + 1, 'paid' from generate_series(1, ${purchases}) i;
  insert into item (purchase_id, product_id, quantity)
    select p, (p * 7 + n) % ${products} + 1, n + 1
    from generate_series(1, ${purchases}) p, generate_series(0, ${linesOfPurchase - 1}) n order by p, n;
  create index on product (category_id, id);
  create index on purchase (customer_id);
  create index on item (purchase_id);
  create index on item (product_id);
  create index on note (purchase_id);`;
