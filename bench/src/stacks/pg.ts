import * as poolsafe from '@poolsafe/pg';
import bare from 'pg';
import { type App, type Line, type Opening, type Stack, sqlTexts } from './stack.ts';

type Product = { readonly category_id: number };
type Customer = { readonly name: string };
type Statement = keyof typeof sqlTexts;

export const pg: Stack = {
  name: 'pg',
  packages: ['pg'],
  names: true,
  async open({ side, url, max }: Opening): Promise<App> {
    const { Pool } = side === 'poolsafe' ? poolsafe : bare;
    const pool: bare.Pool = new Pool({ connectionString: url, max });
    const statement = (name: Statement, values: unknown[]) => {
      const query = { text: sqlTexts[name], values };
      return side === 'named' ? { ...query, name } : query;
    };
    return {
      select: async (id) => (await pool.query<Customer>(statement('select', [id]))).rows[0],
      join: async (id) => (await pool.query<Line>(statement('join', [id]))).rows,
      insert: async (id, body) =>
        (await pool.query<{ id: number }>(statement('insert', [id, body]))).rows[0]?.id,
      list: async (id) => (await pool.query<Product>(statement('list', [id]))).rows,
      async transaction(id) {
        const client = await pool.connect();
        try {
          await client.query('begin');
          const { rows } = await client.query<Customer>(statement('select', [id]));
          await client.query('commit');
          return rows[0];
        } finally {
          client.release();
        }
      },
      raw: async (text) => (await pool.query(text)).rows,
      end: () => pool.end(),
    };
  },
};
