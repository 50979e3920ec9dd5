import {
  type App,
  type AppOptions,
  behindPooler,
  classicOrTracking,
  type Row,
  type Runner,
  type Subject,
} from '@poolsafe/conformance';
import * as poolsafe from '@poolsafe/drizzle/postgres-js';
import * as poolsafeMigrator from '@poolsafe/drizzle/postgres-js/migrator';
import { type SQL, sql } from 'drizzle-orm';
import { jsonb, pgTable, timestamp } from 'drizzle-orm/pg-core';
import * as bare from 'drizzle-orm/postgres-js';
import * as bareMigrator from 'drizzle-orm/postgres-js/migrator';
import type postgres from 'postgres';
import { folderOf } from './migrator/folder.ts';

type Database = bare.PostgresJsDatabase & { $client: postgres.Sql };
type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];
type Lib = Pick<typeof bare & typeof bareMigrator, 'drizzle' | 'migrate'>;

/** The same few lines of application code over either library: only the import differs. */
const appOf =
  ({ drizzle, migrate }: Lib) =>
  ({ url, max, startup, poolsafe: options }: AppOptions): App => {
    const connection = { url, max, connection: startup as object, onnotice: () => {} };
    const db: Database = drizzle({ connection, ...(options && { poolsafe: options }) });
    return {
      ...runnerOf(db),
      transaction: (work) => db.transaction((tx) => work(runnerOf(tx))),
      session: () => Promise.reject(new Error('Drizzle takes no reserved connection of postgres.js.')),
      listen: () => Promise.reject(new Error('Drizzle has no LISTEN of its own.')),
      async migrate(migrations) {
        using folder = await folderOf(migrations);
        await migrate(db, folder);
      },
      end: () => db.$client.end(),
    };
  };

function runnerOf(db: Pick<Database | Transaction, 'execute' | 'select'>): Runner {
  return {
    query: async (text, values) => [...(await db.execute<Row>(withValues(text, values)))],
    async named(name, text, values) {
      // Only a built query can be prepared, so the text becomes the source of one.
      const rows = db.select({ row: sql<Row>`to_jsonb(t)` }).from(sql`(${withValues(text, values)}) as t`);
      return (await rows.prepare(name).execute()).map(({ row }) => row);
    },
  };
}

const columns = pgTable('columns', { at: timestamp('at', { withTimezone: true }), data: jsonb('data') });

/** Text with $1, $2, … as drizzle's template would have it. */
function withValues(text: string, values: readonly unknown[] = []): SQL {
  const parts = text
    .split(/\$(\d+)/)
    .map((part, i) => (i % 2 === 0 ? sql.raw(part) : sql`${parameter(values[Number(part) - 1])}`));
  return sql.join(parts);
}

/** Drizzle 0.29 left dates and JSON to postgres.js. Since then they are sent as a column of that type writes them. */
const columnsWrite = 'mock' in bare.drizzle;

function parameter(value: unknown) {
  if (columnsWrite && value instanceof Date) return sql.param(value, columns.at);
  const isPlain = Object.getPrototypeOf(value ?? '') === Object.prototype;
  return columnsWrite && isPlain ? sql.param(value, columns.data) : sql.param(value);
}

/** A value that PostgreSQL would read as text, but that there is no text of. */
class Unsendable {
  toString(): string {
    throw new Error('This value cannot be sent.');
  }
}

export const subject: Subject = {
  name: 'drizzle/postgres-js',
  module: import.meta.url,
  supports: {
    named: true,
    session: false,
    listen: false,
    startup: true,
    stream: false,
    cancel: false,
    migrate: true,
    unsendable: () => new Unsendable(),
  },
  bareVerdicts: {
    // It ignores the name and prepares by a random one, and the driver prepares again what is missing.
    'named-elsewhere': 'ok',
    'named-two-clients': 'ok',
    'named-other-sql': 'ok',
    workload: 'ok',
    'discard-all': 'ok',
    // The commit is prepared too. When it is missing, its retry is a rollback that is reported as a commit.
    'lost-commits': classicOrTracking('wrong answer', 'ok'),
    // The driver refuses a BEGIN of one's own.
    'transaction-on-pool': 'error',
    migrations: 'wrong answer',
    'url-keys': 'error',
    // Its connections have listeners, and nothing is reserved.
    'idle-timeout': 'ok',
    'restart-idle': 'ok',
    'killed-idle': 'ok',
    'killed-in-transaction': 'ok',
    'killed-in-query': 'ok',
    // The pooler's error goes to the next query.
    'query-wait-timeout': behindPooler('error'),
  },
  bare: appOf({ ...bare, ...bareMigrator }),
  safe: appOf({ ...poolsafe, ...poolsafeMigrator } as unknown as Lib),
};
