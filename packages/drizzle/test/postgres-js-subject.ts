import {
  type App,
  type AppOptions,
  behindPooler,
  classicOrTracking,
  type Subject,
  verdictsOfPostgresJs,
} from '@poolsafe/conformance';
import * as poolsafe from '@poolsafe/drizzle/postgres-js';
import * as poolsafeMigrator from '@poolsafe/drizzle/postgres-js/migrator';
import { sql } from 'drizzle-orm';
import { jsonb, pgTable, timestamp } from 'drizzle-orm/pg-core';
import * as bare from 'drizzle-orm/postgres-js';
import * as bareMigrator from 'drizzle-orm/postgres-js/migrator';
import { appOver, type Database } from './app.ts';

type Lib = Pick<typeof bare & typeof bareMigrator, 'drizzle' | 'migrate'>;

/** The same few lines of application code over either library: only the import differs. */
const appOf =
  ({ drizzle, migrate }: Lib) =>
  ({ url, max, startup, poolsafe: options }: AppOptions): App => {
    const connection = { url, max, connection: startup as object, onnotice: () => {} };
    const db = drizzle({ connection, ...(options && { poolsafe: options }) });
    return {
      ...appOver(db as unknown as Database, migrate as never, parameter),
      session: () => Promise.reject(new Error('Drizzle takes no reserved connection of postgres.js.')),
    };
  };

const columns = pgTable('columns', { at: timestamp('at', { withTimezone: true }), data: jsonb('data') });

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
    settings: true,
    lock: false,
    unsendable: () => new Unsendable(),
  },
  bareVerdicts: {
    ...verdictsOfPostgresJs,
    // Its builder names the columns that it wants.
    'result-changed': 'ok',
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
  withSettings: poolsafe.withSettings,
  bare: appOf({ ...bare, ...bareMigrator }),
  safe: appOf({ ...poolsafe, ...poolsafeMigrator } as unknown as Lib),
};
