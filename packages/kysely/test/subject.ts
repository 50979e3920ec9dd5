import {
  type App,
  type AppOptions,
  behindPooler,
  type Migration,
  type Row,
  type Runner,
  type Subject,
  verdictsWithoutNames,
} from '@poolsafe/conformance';
import * as poolsafe from '@poolsafe/kysely';
import * as poolsafePg from '@poolsafe/pg';
import { CompiledQuery, type Dialect, Kysely, PostgresDialect, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import pg from 'pg';
import Cursor from 'pg-cursor';
import { unsendable } from '../../pg/test/unsendable.ts';

/** What an application imports. */
interface Lib {
  readonly PostgresDialect: new (config: { pool: pg.Pool; cursor: typeof Cursor }) => Dialect;
  readonly Pool: new (config: pg.PoolConfig) => pg.Pool;
}

type Database = Kysely<Record<string, Row>>;

/** The same few lines of application code over either library: only the imports differ. */
const appOf =
  ({ PostgresDialect, Pool }: Lib) =>
  ({ url, max, startup, poolsafe: options }: AppOptions): App => {
    const config = { connectionString: url, max, ...startup, ...(options && { poolsafe: options }) };
    const pool = new Pool(config as pg.PoolConfig);
    return appOver(new Kysely({ dialect: new PostgresDialect({ pool, cursor: Cursor }) }));
  };

/** What applications do with a database of kysely, whatever its dialect. */
export function appOver(db: Database): App {
  return {
    ...runnerOf(db),
    transaction: (work) => db.transaction().execute((trx) => work(runnerOf(trx))),
    session: (work) => db.connection().execute((connection) => work(runnerOf(connection))),
    listen: () => Promise.reject(new Error('Kysely has no LISTEN of its own.')),
    stream: (text, take) => stream(db, text, take),
    cancel: (text, running) => cancel(db, text, running),
    migrate: (migrations) => migrate(db, migrations),
    end: () => db.destroy(),
  };
}

function runnerOf(db: Database): Runner {
  return {
    query: async (text, values = []) =>
      (await db.executeQuery<Row>(CompiledQuery.raw(text, [...values]))).rows,
    named: () => Promise.reject(new Error('Kysely names no statement.')),
  };
}

async function stream(db: Database, text: string, take: number): Promise<Row[]> {
  const source = db.selectFrom(sql<Row>`(${sql.raw(text)})`.as('t')).selectAll();
  let rows: Row[] = [];
  // Several times: what a stream that was left early still does on its connection harms the next one.
  for (let i = 0; i < 5; i += 1) {
    rows = [];
    for await (const row of source.stream(2)) {
      rows.push(row as Row);
      if (rows.length === take) break;
    }
  }
  return rows;
}

async function cancel(db: Database, text: string, running: Promise<unknown>): Promise<void> {
  const abort = new AbortController();
  const query = db.executeQuery(CompiledQuery.raw(text), {
    signal: abort.signal,
    inflightQueryAbortStrategy: 'cancel query',
  });
  running.then(() => abort.abort());
  await query;
}

async function migrate(db: Database, migrations: readonly Migration[]): Promise<void> {
  const up = (text: string) => ({
    up: async (db: Kysely<unknown>) => void (await db.executeQuery(CompiledQuery.raw(text))),
  });
  const getMigrations = async () => Object.fromEntries(migrations.map(({ name, sql }) => [name, up(sql)]));
  const { error } = await new Migrator({ db, provider: { getMigrations } }).migrateToLatest();
  if (error !== undefined) throw error;
}

export const subject: Subject = {
  name: 'kysely',
  module: import.meta.url,
  supports: {
    named: false,
    session: true,
    listen: false,
    startup: true,
    stream: true,
    cancel: true,
    migrate: true,
    settings: true,
    lock: false,
    unsendable,
  },
  bareVerdicts: {
    ...verdictsWithoutNames,
    cancel: behindPooler('wrong answer'),
    migrations: behindPooler('hang'),
    'migrations-failing': behindPooler('hang'),
    'query-wait-timeout': behindPooler('crash'),
  },
  withSettings: poolsafe.withSettings,
  bare: appOf({ PostgresDialect: PostgresDialect as Lib['PostgresDialect'], Pool: pg.Pool }),
  safe: appOf({ PostgresDialect: poolsafe.PostgresDialect, Pool: poolsafePg.Pool } as unknown as Lib),
};
