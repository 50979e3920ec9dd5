import poolsafe from '@poolsafe/postgres';
import bare from 'postgres';
import type { App, Line, Opening, Stack } from './stack.ts';

type Customer = { readonly name: string };

/**
 * The options of a bare `postgres()`: with its default, `prepare: true`, it loses commits and hangs behind a pooler
 * that keeps no statements.
 */
export function bareOptions({ max, kind }: Opening): { max: number; prepare?: boolean } {
  return kind === 'classic' ? { max, prepare: false } : { max };
}

/** The client of a side. */
function clientOf(opening: Opening): bare.Sql {
  const { side, url, max } = opening;
  return side === 'poolsafe' ? (poolsafe(url, { max }) as bare.Sql) : bare(url, bareOptions(opening));
}

export const postgres: Stack = {
  name: 'postgres.js',
  packages: ['postgres'],
  names: true,
  async open(opening: Opening): Promise<App> {
    const sql = clientOf(opening);
    return {
      select: async (id) => (await sql<Customer[]>`select id, name, email from customer where id = ${id}`)[0],
      join: (id) => sql<Line[]>`
        select p.id, p.status, c.name as customer, i.quantity, pr.name as product, pr.price
        from purchase p
        join customer c on c.id = p.customer_id
        join item i on i.purchase_id = p.id
        join product pr on pr.id = i.product_id
        where p.id = ${id} order by i.id`,
      async insert(id, body) {
        const [note] = await sql<{ id: number }[]>`
          insert into note (purchase_id, body) values (${id}, ${body}) returning id`;
        return note?.id;
      },
      list: (id) => sql<{ category_id: number }[]>`
        select id, name, price, category_id from product where category_id = ${id} order by id limit 20`,
      transaction: (id) =>
        sql.begin(async (tx) => {
          return (await tx<Customer[]>`select id, name, email from customer where id = ${id}`)[0];
        }),
      raw: (text) => sql.unsafe(text),
      end: () => sql.end(),
    };
  },
};
