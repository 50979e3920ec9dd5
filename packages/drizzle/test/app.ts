import type { App, Row, Runner } from '@poolsafe/conformance';
import { type SQL, sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { migrate as migrateWithPg } from 'drizzle-orm/node-postgres/migrator';
import { folderOf } from './migrator/folder.ts';

/** A database of Drizzle, whatever its driver: their types differ in what a query gives that is not built. */
export type Database = Omit<NodePgDatabase, 'execute'> & {
  execute(query: SQL): Promise<Result>;
  readonly $client: { end(): Promise<void> };
};
type Result = { readonly rows: Row[] } | Row[];
type Queries = Pick<Database, 'execute' | 'select'>;

/** How a value becomes a part of a query. */
type Parameter = (value: unknown) => unknown;

/** What applications do with a database of Drizzle, but for what only its driver has. */
export function appOver(
  db: Database,
  migrate: typeof migrateWithPg,
  parameter: Parameter = sql.param,
): Omit<App, 'session'> {
  return {
    ...runnerOf(db, parameter),
    transaction: (work) => db.transaction((tx) => work(runnerOf(tx as unknown as Queries, parameter))),
    listen: () => Promise.reject(new Error('Drizzle has no LISTEN of its own.')),
    async migrate(migrations) {
      using folder = await folderOf(migrations);
      await migrate(db as unknown as NodePgDatabase, folder);
    },
    end: () => db.$client.end(),
  };
}

export function runnerOf(db: Queries, parameter: Parameter = sql.param): Runner {
  /** Text with $1, $2, … as drizzle's template would have it. */
  const withValues = (text: string, values: readonly unknown[] = []) => {
    const parts = text
      .split(/\$(\d+)/)
      .map((part, i) => (i % 2 === 0 ? sql.raw(part) : sql`${parameter(values[Number(part) - 1])}`));
    return sql.join(parts);
  };
  return {
    async query(text, values) {
      const result = await db.execute(withValues(text, values));
      return 'rows' in result ? result.rows : [...result];
    },
    async named(name, text, values) {
      // Only a built query can be prepared, so the text becomes the source of one.
      const rows = db.select({ row: sql<Row>`to_jsonb(t)` }).from(sql`(${withValues(text, values)}) as t`);
      return (await rows.prepare(name).execute()).map(({ row }) => row);
    },
  };
}
