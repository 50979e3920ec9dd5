import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Site } from './site.ts';

/** {@link Context.elsewhere} */
export async function elsewhere<T>({ url }: Site, work: () => Promise<T>): Promise<T> {
  const helper = await connected(url);
  try {
    await helper.query('begin');
    await helper.query('select 1');
    const result = await work();
    await helper.query('rollback');
    return result;
  } finally {
    await helper.end();
  }
}

/** {@link Context.amidTraffic} */
export async function amidTraffic<T>({ url }: Site, work: () => Promise<T>): Promise<T> {
  const others = await Promise.all(Array.from({ length: 4 }, () => connected(url)));
  let done = false;
  const traffic = others.map(async (other) => {
    while (!done) await other.query('select 1');
    await other.end();
  });
  // After a deadline the pooler is stopped amid the traffic.
  const quiet = Promise.allSettled(traffic);
  try {
    return await work();
  } finally {
    done = true;
    await quiet;
  }
}

/** A client of somebody else's, on the same way. */
export async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  // After a deadline the pooler is stopped while this is open.
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** A row that somebody holds, so that statements wait for it. */
export interface Gate extends AsyncDisposable {
  /** What a SELECT ends with that waits until the gate is open. */
  readonly pass: string;
  /** How many statements wait. */
  waiting(): Promise<number>;
  /** Waits until so many wait. */
  reachedBy(count: number): Promise<void>;
  /** Lets them pass. May be called again. */
  open(): Promise<void>;
}

/** Makes a {@link Gate}. It takes a server connection until it is open. */
export async function closedGate({ url, sql, admin }: Site): Promise<Gate> {
  await sql('create table gate as select 1 as n');
  const pass = 'from gate for update';
  const holder = await connected(url);
  await holder.query(`begin; select n ${pass}`);
  let opened: Promise<void> | undefined;
  const open = () => {
    opened ??= holder.end();
    return opened;
  };
  const waiting = async () => {
    const [row] = await admin(`select count(*)::int as n from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%${pass}%'`);
    return Number(row?.n);
  };
  return {
    pass,
    waiting,
    async reachedBy(count) {
      while ((await waiting()) < count) await sleep(10);
    },
    open,
    [Symbol.asyncDispose]: open,
  };
}
