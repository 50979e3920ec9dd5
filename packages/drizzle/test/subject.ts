import type { App, AppOptions, Row, Runner, Subject } from '@poolsafe/conformance';
import * as poolsafe from '@poolsafe/drizzle/node-postgres';
import { type SQL, sql } from 'drizzle-orm';
import * as bare from 'drizzle-orm/node-postgres';
import type pg from 'pg';

type Database = bare.NodePgDatabase & { $client: pg.Pool };
type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];
type Lib = Pick<typeof bare, 'drizzle'>;

/** The same few lines of application code over either library: only the import differs. */
const appOf =
  ({ drizzle }: Lib) =>
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
    .map((part, i) => (i % 2 === 0 ? sql.raw(part) : sql`${values[Number(part) - 1]}`));
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
    migrate: false,
  },
  bare: appOf(bare),
  safe: appOf(poolsafe as unknown as Lib),
};
