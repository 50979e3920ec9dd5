import {
  type App,
  type AppOptions,
  behindPooler,
  classicOrTracking,
  type Subject,
  verdictsOfPostgresJs,
} from '@poolsafe/conformance';
import * as poolsafe from '@poolsafe/kysely/postgres-js';
import guarded, { withSettings } from '@poolsafe/postgres';
import { type Dialect, Kysely } from 'kysely';
import { PostgresJSDialect } from 'kysely-postgres-js';
import postgres from 'postgres';
import { appOver } from './subject.ts';

/** What an application imports. */
interface Lib {
  readonly PostgresJSDialect: new (config: { postgres: postgres.Sql }) => Dialect;
  readonly postgres: typeof postgres;
}

/** The same few lines of application code over either library: only the imports differ. */
const appOf =
  (lib: Lib) =>
  ({ url, max, startup, poolsafe: options }: AppOptions): App => {
    const config = { max, connection: startup ?? {}, ...(options && { poolsafe: options }) };
    const sql = lib.postgres(url, config as postgres.Options<never>);
    return appOver(new Kysely({ dialect: new lib.PostgresJSDialect({ postgres: sql }) }));
  };

export const subject: Subject = {
  name: 'kysely/postgres-js',
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
    unsendable: () => undefined,
  },
  bareVerdicts: {
    ...verdictsOfPostgresJs,
    // As postgres.js itself, whose statements are named here.
    'tenant-local': classicOrTracking('error', 'ok'),
    values: classicOrTracking('wrong answer', 'ok'),
    'lost-commits': classicOrTracking('wrong answer', 'ok'),
    'transaction-on-pool': 'ok',
    // It gives a connection back before a stream on it has ended.
    stream: ({ row }) => (row === 'pgbouncer-1.18' ? 'hang' : 'ok'),
    migrations: behindPooler('hang'),
    'migrations-failing': behindPooler('hang'),
    'url-keys': 'error',
    'idle-timeout': 'ok',
    'restart-idle': 'ok',
    'killed-idle': 'ok',
    'query-wait-timeout': behindPooler('error'),
  },
  withSettings,
  bare: appOf({ PostgresJSDialect: PostgresJSDialect as never, postgres }),
  safe: appOf({ PostgresJSDialect: poolsafe.PostgresJSDialect as never, postgres: guarded as never }),
};
