import type postgres from 'postgres';
import type { Sql } from './lib.ts';

/** What is left of rows that a step inserted, which it removes. */
export async function kept(sql: Sql): Promise<unknown> {
  const rows = await sql`delete from item where id >= 30 returning id`;
  return rows.map(({ id }) => id).sort();
}

/** Inserts a row that {@link kept} finds. */
export const insert = (sql: postgres.TransactionSql, id: number): postgres.PendingQuery<postgres.Row[]> =>
  sql`insert into item (id, name) values (${id}, ${`row ${id}`})`;

/** What an application throws. */
export const mine = (): never => {
  throw new Error('mine');
};
