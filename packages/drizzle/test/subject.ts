import { type App, type AppOptions, type Subject, whereDiscarded } from '@poolsafe/conformance';
import * as poolsafe from '@poolsafe/drizzle/node-postgres';
import * as poolsafeMigrator from '@poolsafe/drizzle/node-postgres/migrator';
import * as bare from 'drizzle-orm/node-postgres';
import * as bareMigrator from 'drizzle-orm/node-postgres/migrator';
import type pg from 'pg';
import { unsendable } from '../../pg/test/unsendable.ts';
import { appOver, runnerOf } from './app.ts';

type Database = bare.NodePgDatabase & { $client: pg.Pool };
type Lib = Pick<typeof bare & typeof bareMigrator, 'drizzle' | 'migrate'>;

/** The same few lines of application code over either library: only the import differs. */
const appOf =
  ({ drizzle, migrate }: Lib) =>
  ({ url, max, startup, poolsafe: options }: AppOptions): App => {
    const connection = { connectionString: url, max, ...startup };
    const db: Database = drizzle({ connection, ...(options && { poolsafe: options }) });
    return {
      ...appOver(db, migrate),
      async session(work) {
        const client = await db.$client.connect();
        try {
          return await work(runnerOf(drizzle(client)));
        } finally {
          client.release();
        }
      },
    };
  };

export const subject: Subject = {
  name: 'drizzle/node-postgres',
  module: import.meta.url,
  supports: {
    named: true,
    session: true,
    listen: false,
    startup: true,
    stream: false,
    cancel: false,
    migrate: true,
    settings: true,
    lock: false,
    unsendable,
  },
  bareVerdicts: {
    migrations: 'wrong answer',
    // Its builder names the columns that it wants.
    'result-changed': whereDiscarded('error', () => 'ok'),
  },
  withSettings: poolsafe.withSettings,
  bare: appOf({ ...bare, ...bareMigrator }),
  safe: appOf({ ...poolsafe, ...poolsafeMigrator } as unknown as Lib),
};
