import { Client } from 'pg';

/** A connected client that is closed at the end of the block. */
export async function connect(connectionString: string): Promise<Client & AsyncDisposable> {
  const client = new Client({ connectionString });
  client.on('error', () => {});
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

/** The first value of the first row. */
export async function value(connectionString: string, sql: string): Promise<unknown> {
  await using client = await connect(connectionString);
  const { rows } = await client.query({ text: sql, rowMode: 'array' });
  return rows[0]?.[0];
}
