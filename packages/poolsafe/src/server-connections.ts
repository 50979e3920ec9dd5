import { Client } from 'pg';

/** A connection through the pooler that stays, and by which its end is noticed. */
export interface Watch {
  readonly serverVersion: string;
  /** Settles when the pooler has closed it. Never when {@link Watch.end} did. */
  readonly ended: Promise<void>;
  end(): Promise<void>;
}

/**
 * Makes a pooler open `count` server connections: as many clients hold a transaction at once. One connection stays,
 * since PgBouncer keeps its `min_pool_size` only while there is a client.
 *
 * @throws the server's or the pooler's error, where it does not let the clients in.
 */
export async function openInTurn(url: string, count: number): Promise<Watch> {
  const clients = Array.from({ length: count }, () => clientOf(url));
  try {
    await Promise.all(clients.map((client) => client.connect()));
    await Promise.all(clients.map((client) => client.query('begin')));
    // A client that leaves in a transaction would take its server connection along.
    await Promise.all(clients.map((client) => client.query('commit')));
  } finally {
    await Promise.allSettled(clients.map((client) => client.end()));
  }
  return await watch(url);
}

function clientOf(url: string): Client {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: 'poolsafe-dev',
  });
  // What goes wrong comes out of the query, or is the end that is waited for.
  client.on('error', () => {});
  return client;
}

async function watch(url: string): Promise<Watch> {
  const client = clientOf(url);
  let isOurs = false;
  const ended = new Promise<void>((resolve) => {
    client.on('end', () => isOurs || resolve());
  });
  await client.connect();
  try {
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    return {
      serverVersion: rows[0]?.server_version.split(' ')[0] ?? '',
      ended,
      async end() {
        isOurs = true;
        await client.end();
      },
    };
  } catch (error) {
    isOurs = true;
    await client.end();
    throw error;
  }
}
