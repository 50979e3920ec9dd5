import { Client } from '@poolsafe/pg';
import type pg from 'pg';
import type { GuardedPool } from './pool-sessions.ts';

/** What is used of a client besides its documented members. */
interface ClientInternals {
  /** What the server gave to the client to be cancelled with. Behind a pooler no backend has this pid. */
  readonly processID: number;
  readonly secretKey: number;
  readonly connection: {
    /** Sends the login, the first message on a connection. */
    startup(config: unknown): void;
    cancel(processID: number, secretKey: number): void;
  };
}

/**
 * Cancels what a client of the pool runs. Resolves when the server, or the pooler, has closed the connection that
 * the request came on: it has acted on it then.
 */
export async function sendCancelRequest(client: pg.ClientBase, pool: GuardedPool): Promise<void> {
  const { processID, secretKey } = client as unknown as ClientInternals;
  // A client, since it knows how to reach the server: host or socket, TLS, timeout.
  const messenger = new Client(pool.options);
  const { connection } = messenger as unknown as ClientInternals;
  let sent = false;
  connection.startup = () => {
    connection.cancel(processID, secretKey);
    sent = true;
  };
  await messenger.connect().catch((error) => {
    // The answer to a request is the end of the connection, which is an error to whoever logs in.
    if (!sent) throw error;
  });
}
