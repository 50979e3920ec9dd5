import { type PostgresDialectConfig as BareConfig, PostgresDriver, type PostgresPool } from 'kysely';
import type pg from 'pg';
import { Acquisition } from './acquisition.ts';
import { sendCancelRequest } from './cancel-request.ts';
import { GuardedConnection } from './guarded-connection.ts';
import type { GuardedPool } from './pool-sessions.ts';

/** Gives the pool when the first query comes. */
export type OpenPool = (
  ...given: Parameters<Extract<BareConfig['pool'], (...given: never[]) => unknown>>
) => Promise<GuardedPool>;

interface Taken {
  readonly pool: GuardedPool;
  readonly client: pg.PoolClient & pg.Client;
}

const acquisition = new Acquisition<Taken>();

/** The driver of kysely over a guarded pool, with guarded connections. */
export class GuardedPostgresDriver extends PostgresDriver {
  #destroyed = false;

  constructor({ pool: open, ...config }: Omit<BareConfig, 'pool'> & { readonly pool: OpenPool }) {
    super({ ...config, pool: async (...given) => noting(await open(...given)) });
  }

  override async acquireConnection(
    ...given: Parameters<PostgresDriver['acquireConnection']>
  ): ReturnType<PostgresDriver['acquireConnection']> {
    const [connection, { pool, client }] = await acquisition.run(
      () => super.acquireConnection(...given),
      // Closed, since for a client that came back to the pool kysely would not run its hook again.
      ({ client }) => this.#destroyed || client.release(true),
    );
    const stop = { cancel: () => sendCancelRequest(client, pool), close: () => client.end() };
    const known = GuardedConnection.of(connection);
    const guarded = known ?? new GuardedConnection(connection, pool.poolsafe, stop);
    guarded.acquired();
    return connection;
  }

  override async releaseConnection(
    connection: Parameters<PostgresDriver['releaseConnection']>[0],
  ): Promise<void> {
    try {
      await GuardedConnection.of(connection)?.releasing();
    } finally {
      await super.releaseConnection(connection);
    }
  }

  override async destroy(): Promise<void> {
    this.#destroyed = true;
    await super.destroy();
  }
}

/** What kysely uses of a pool. */
function noting(pool: GuardedPool): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      acquisition.note({ pool, client: client as Taken['client'] });
      return client;
    },
  };
}
