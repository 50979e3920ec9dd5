import type { App, AppOptions, Row, Runner, Subject } from '@poolsafe/conformance';
import * as poolsafe from '@poolsafe/pg';
import pg from 'pg';

type Lib = { Pool: new (config: pg.PoolConfig) => pg.Pool };

/** The same few lines of application code over either library: only the import differs. */
const appOf =
  ({ Pool }: Lib) =>
  ({ url, max, startup, poolsafe: options }: AppOptions): App => {
    const config = { connectionString: url, max, ...startup, ...(options && { poolsafe: options }) };
    const pool = new Pool(config as pg.PoolConfig);
    return {
      ...runnerOf(pool),
      session: (work) => withClient(pool, (client) => work(runnerOf(client))),
      transaction: (work) =>
        withClient(pool, async (client) => {
          await client.query('begin');
          try {
            const result = await work(runnerOf(client));
            await client.query('commit');
            return result;
          } catch (error) {
            await client.query('rollback');
            throw error;
          }
        }),
      async listen(channel, onNotification) {
        const client = await pool.connect();
        client.on('notification', onNotification);
        try {
          await client.query(`listen ${channel}`);
        } finally {
          client.release();
        }
      },
      end: () => pool.end(),
    };
  };

function runnerOf(runner: pg.Pool | pg.PoolClient): Runner {
  return {
    query: async (text, values) => (await runner.query<Row>(text, values && [...values])).rows,
    named: async (name, text, values) =>
      (await runner.query<Row>({ name, text, values: [...(values ?? [])] })).rows,
  };
}

async function withClient<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

export const subject: Subject = {
  name: 'pg',
  module: import.meta.url,
  supports: {
    named: true,
    session: true,
    listen: true,
    startup: true,
    stream: false,
    cancel: false,
    migrate: false,
  },
  bare: appOf(pg),
  safe: appOf(poolsafe as unknown as Lib),
};
