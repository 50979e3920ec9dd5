import type { App, AppOptions, Row, Runner, Subject } from '@poolsafe/conformance';
import * as poolsafe from '@poolsafe/drizzle/node-postgres';
import * as poolsafeMigrator from '@poolsafe/drizzle/node-postgres/migrator';
import { type SQL, sql } from 'drizzle-orm';
import * as bare from 'drizzle-orm/node-postgres';
import * as bareMigrator from 'drizzle-orm/node-postgres/migrator';
import type pg from 'pg';
import { folderOf } from './migrator/folder.ts';

type Database = bare.NodePgDatabase & { $client: pg.Pool };
type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];
type Lib = Pick<typeof bare & typeof bareMigrator, 'drizzle' | 'migrate'>;

/** The same few lines of application code over either library: only the import differs. */
const appOf =
  ({ drizzle, migrate }: Lib) =>
  ({ url, max, startup, poolsafe: options }: AppOptions): App => {
    const connection = { connectionString: url, max, ...startup };
    const db: Database = drizzle({ connection, ...(options && { poolsafe: options }) });
    return {
      ...runnerOf(db),
      transaction: (work) => db.transaction((tx) => work(runnerOf(tx))),
      async session(work) {
        const client = await db.$client.connect();
        try {
          return await work(runnerOf(drizzle(client)));
        } finally {
          client.release();
        }
      },
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
    query: async (text, values) => (await db.execute<Row>(withValues(text, values))).rows,
    async named(name, text, values) {
      // Only a built query can be prepared, so the text becomes the source of one.
      const rows = db.select({ row: sql<Row>`to_jsonb(t)` }).from(sql`(${withValues(text, values)}) as t`);
      return (await rows.prepare(name).execute()).map(({ row }) => row);
    },
  };
}

/** Text with $1, $2, … as drizzle's template would have it. */
function withValues(text: string, values: readonly unknown[] = []): SQL {
  const parts = text
    .split(/\$(\d+)/)
    .map((part, i) => (i % 2 === 0 ? sql.raw(part) : sql`${sql.param(values[Number(part) - 1])}`));
  return sql.join(parts);
}

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
    unsendable: () => ({
      toPostgres() {
        throw new Error('This value cannot be sent.');
      },
    }),
  },
  bareVerdicts: { migrations: 'wrong answer' },
  bare: appOf({ ...bare, ...bareMigrator }),
  safe: appOf({ ...poolsafe, ...poolsafeMigrator } as unknown as Lib),
};
