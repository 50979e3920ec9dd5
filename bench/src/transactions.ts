import { Pool, withSettings } from '@poolsafe/pg';
import guarded from '@poolsafe/postgres';
import pg from 'pg';
import postgres from 'postgres';
import { delayed } from './delay.ts';
import { during, load } from './load.ts';
import { median, ratios, type Spread, takeTurns } from './pairs.ts';
import { type Servers, startServers } from './servers.ts';
import { stacks } from './stacks/all.ts';
import { run } from './stacks/operations.ts';
import { type Side, sqlTexts } from './stacks/stack.ts';
import { amount, shown, table } from './table.ts';

/** Clients at the same time, through a PgBouncer with 5 connections to PostgreSQL. */
const clients = 20;
const milliseconds = 400;
/** Of the network, one way. */
const delays = [0, 1] as const;

/** What is measured. */
export const titles = {
  transaction: 'transaction of one select',
  tenant: 'a read with a tenant set for row-level security',
} as const;

/** Medians. */
interface Figures {
  /** Per second. */
  readonly rate: number;
  /** Microseconds for which a transaction holds its server connection, as PgBouncer counts it. */
  readonly hold: number;
}

/** What becomes of a transaction, bare and poolsafe. */
export interface TransactionResult {
  readonly stack: string;
  readonly what: string;
  /** Milliseconds one way. */
  readonly delay: number;
  /** A round trip of one client, as measured. Milliseconds. */
  readonly roundTrip: number;
  readonly bare: Figures;
  readonly poolsafe: Figures;
  /** Per second, poolsafe / bare. */
  readonly ratio: Spread;
}

/** Something that is done again and again. */
interface Work {
  work(i: number): Promise<unknown>;
  end(): Promise<unknown>;
}

/** Something that both sides can do, each in its way. */
interface Subject {
  readonly stack: string;
  readonly what: string;
  open(side: Exclude<Side, 'named'>, url: string): Promise<Work>;
}

const subjects: readonly Subject[] = [
  ...stacks.map((stack): Subject => {
    return {
      stack: stack.name,
      what: titles.transaction,
      async open(side, url) {
        const app = await stack.open({ side, url, max: clients, kind: 'tracking' });
        return { work: (i) => run('transaction', app, i), end: () => app.end() };
      },
    };
  }),
  { stack: 'pg', what: titles.tenant, open: openTenants },
  { stack: 'postgres.js', what: titles.tenant, open: openTenantsOfPostgresJs },
];

/** As everybody writes it, and `withSettings`. */
async function openTenants(side: Side, url: string): Promise<Work> {
  const options = { connectionString: url, max: clients };
  const pool: pg.Pool = side === 'bare' ? new pg.Pool(options) : new Pool(options);
  const bare = async (tenant: string) => {
    const client = await pool.connect();
    try {
      await client.query('begin');
      await client.query("select set_config('app.tenant_id', $1, true)", [tenant]);
      const result = await client.query(sqlTexts.select, [7]);
      await client.query('commit');
      return result;
    } finally {
      client.release();
    }
  };
  const safe = (tenant: string) =>
    withSettings({ 'app.tenant_id': tenant }, () => pool.query(sqlTexts.select, [7]));
  const read = side === 'bare' ? bare : safe;
  return {
    async work(i) {
      const { rows } = await read(String(i % 50));
      if (rows.length !== 1) throw new Error('The result of a read with a tenant is wrong.');
    },
    end: () => pool.end(),
  };
}

/** The same over postgres.js. */
async function openTenantsOfPostgresJs(side: Side, url: string): Promise<Work> {
  const make = (side === 'bare' ? postgres : guarded) as typeof postgres;
  const sql = make(url, { max: clients });
  const select = (on: Pick<postgres.Sql, 'unsafe'>) => on.unsafe(sqlTexts.select, [7], { prepare: true });
  const bare = (tenant: string) =>
    sql.begin(async (tx) => {
      await tx`select set_config('app.tenant_id', ${tenant}, true)`;
      return await select(tx);
    });
  const safe = (tenant: string) => withSettings({ 'app.tenant_id': tenant }, () => select(sql));
  const read = side === 'bare' ? bare : safe;
  return {
    async work(i) {
      const rows = await read(String(i % 50));
      if (rows.length !== 1) throw new Error('The result of a read with a tenant is wrong.');
    },
    end: () => sql.end(),
  };
}

/** Each of them with no network between, and with one. */
export async function benchTransactions(pairs: number): Promise<readonly TransactionResult[]> {
  await using servers = await startServers();
  const { address } = servers.stack.pgbouncer('latest');
  const results: TransactionResult[] = [];
  for (const delay of delays) {
    await using way = await delayed(address, delay);
    const roundTrip = await roundTripOf(servers, way.port);
    for (const subject of subjects) {
      results.push({ ...(await benchSubject(servers, subject, way.port, pairs)), delay, roundTrip });
    }
  }
  return results;
}

export function showTransactions(results: readonly TransactionResult[], pairs: number): string {
  const rows = results.map(({ stack, what, delay, bare, poolsafe, ratio }) => [
    stack,
    what,
    `${2 * delay}`,
    `${amount(bare.rate)} → ${amount(poolsafe.rate)}`,
    shown(ratio),
    `${amount(bare.hold)} → ${amount(poolsafe.hold)}`,
  ]);
  const trips = [
    ...new Set(results.map(({ delay, roundTrip }) => `${2 * delay} ms: ${roundTrip.toFixed(1)} ms`)),
  ];
  const head = ['Stack', 'Operation', 'ms', 'operations /s', 'ratio', 'held, µs'];
  return `${clients} clients through PgBouncer with 5 connections to PostgreSQL, ${pairs} rounds in turn; bare → poolsafe. ms: the round trip between client and PgBouncer that is added, by a process that passes everything on later (a round trip of one client, as measured, at ${trips.join(', at ')}). held: how long a transaction has its server connection, as PgBouncer counts it.\n\n${table(head, rows)}`;
}

async function benchSubject(
  servers: Servers,
  subject: Subject,
  port: number,
  pairs: number,
): Promise<Omit<TransactionResult, 'delay' | 'roundTrip'>> {
  const sides = ['bare', 'poolsafe'] as const;
  const running: (Work & { readonly database: string })[] = [];
  for (const side of sides) {
    const database = await servers.createDatabase();
    const opened = await subject.open(side, urlOf(servers, database, port));
    running.push({ ...opened, database });
  }
  const measures = running.map(
    ({ work, database }) =>
      () =>
        measure(servers, database, work),
  );
  const [bare = [], poolsafe = []] = await takeTurns(pairs, measures);
  await Promise.all(running.map(({ end }) => end()));
  for (const { database } of running) await servers.stack.dropDatabase(database);
  const { stack, what } = subject;
  const ratio = ratios(poolsafe, bare, ({ rate }) => rate);
  return { stack, what, bare: medians(bare), poolsafe: medians(poolsafe), ratio };
}

async function measure(servers: Servers, database: string, work: Work['work']): Promise<Figures> {
  const before = await counted(servers, database);
  const { times, seconds } = await load(clients, during(milliseconds), work);
  const after = await counted(servers, database);
  return { rate: times / seconds, hold: (after.time - before.time) / (after.count - before.count) };
}

/** Transactions so far, and the microseconds for which they held a server connection. */
async function counted({ stack }: Servers, database: string): Promise<{ count: number; time: number }> {
  const rows = await stack.pgbouncer('latest').admin('SHOW STATS');
  const row = rows.find((one) => one.database === database);
  return { count: Number(row?.total_xact_count ?? 0), time: Number(row?.total_xact_time ?? 0) };
}

async function roundTripOf(servers: Servers, port: number): Promise<number> {
  const database = await servers.createDatabase();
  const client = new pg.Client({ connectionString: urlOf(servers, database, port) });
  await client.connect();
  const times: number[] = [];
  for (let n = 0; n < 50; n += 1) {
    const started = performance.now();
    await client.query('select 1');
    times.push(performance.now() - started);
  }
  await client.end();
  await servers.stack.dropDatabase(database);
  return median(times);
}

function urlOf({ stack }: Servers, database: string, port: number): string {
  return Object.assign(new URL(stack.pgbouncer('latest').url(database)), { port: String(port) }).href;
}

function medians(figures: readonly Figures[]): Figures {
  return {
    rate: median(figures.map(({ rate }) => rate)),
    hold: median(figures.map(({ hold }) => hold)),
  };
}
