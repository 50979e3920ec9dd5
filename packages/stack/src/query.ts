import { Client, type ClientConfig } from 'pg';

/**
 * A row that PgBouncer's console answers with, by column name: texts and integers.
 *
 * ```ts
 * const rows: Row[] = await bouncer.admin('SHOW POOLS')
 * console.log(rows.map(({ database, sv_active }) => `${database}: ${sv_active}`))
 * ```
 */
export type Row = Readonly<Record<string, unknown>>;

/** Runs one SQL text over a connection of its own, with the simple protocol, the only one PgBouncer's console speaks. */
export async function query(connection: ClientConfig, sql: string): Promise<Row[]> {
  const client = new Client({
    connectionTimeoutMillis: 10_000,
    application_name: 'poolsafe-stack',
    ...connection,
  });
  // A server that dies reports here as well as to the query; without a listener this would end the process.
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}
