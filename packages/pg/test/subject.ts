import type { App, AppOptions, Row, Runner, Subject } from '@poolsafe/conformance';
import * as poolsafe from '@poolsafe/pg';
import pg from 'pg';
import Cursor from 'pg-cursor';
import { unsendable } from './unsendable.ts';

type Lib = {
  Pool: new (config: pg.PoolConfig) => pg.Pool;
  Client: new (config: pg.ClientConfig) => pg.Client;
};

/** The same few lines of application code over either library: only the import differs. */
const appOf =
  ({ Pool, Client }: Lib) =>
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
        if (options?.direct !== undefined && 'listen' in pool) {
          await (pool as poolsafe.Pool).listen(channel, onNotification);
          return;
        }
        const client = await pool.connect();
        client.on('notification', onNotification);
        try {
          await client.query(`listen ${channel}`);
        } finally {
          client.release();
        }
      },
      stream: (text, take) =>
        withClient(pool, async (client) => {
          const cursor = client.query(new Cursor<Row>(text));
          const rows: Row[] = [];
          while (rows.length < take) rows.push(...(await cursor.read(Math.min(10, take - rows.length))));
          await cursor.close();
          return rows;
        }),
      cancel: (text, running) =>
        withClient(pool, async (client) => {
          const query = new pg.Query(text);
          const failed = new Promise<never>((_, reject) => query.on('error', reject));
          client.query(query);
          await running;
          // As `pg` has it, without types: another client asks for it.
          const canceller = new Client(config as pg.ClientConfig) as unknown as Canceller;
          canceller.cancel(client, query);
          return failed;
        }),
      locked: (key, work) => {
        if ('withAdvisoryLock' in pool) return (pool as poolsafe.Pool).withAdvisoryLock(key, work);
        return withClient(pool, async (client) => {
          await client.query('select pg_advisory_lock($1)', [key]);
          const result = await work();
          await client.query('select pg_advisory_unlock($1)', [key]);
          return result;
        });
      },
      end: () => pool.end(),
    };
  };

interface Canceller {
  cancel(client: pg.PoolClient, query: pg.Query): void;
}

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
    stream: true,
    cancel: true,
    migrate: false,
    settings: true,
    lock: true,
    unsendable,
  },
  withSettings: poolsafe.withSettings,
  bare: appOf(pg),
  safe: appOf(poolsafe as unknown as Lib),
};
