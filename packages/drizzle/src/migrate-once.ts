import { configError, type Plan } from '@poolsafe/core';
import { migrationLockKey, migrationLockSql, untilLocked } from '@poolsafe/core/migrations';
import { sql } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import { isGuarded, overClient } from './guarded-drizzle.ts';

type Database = PgDatabase<PgQueryResultHKT> & { readonly $client?: Client };
/** What the guarded clients of all drivers have. */
interface Client {
  readonly poolsafe: Plan;
  session<T>(work: (client: unknown) => T): Promise<Awaited<T>>;
}
type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];
type Lock = { readonly locked: boolean };
type Migrate<TConfig> = (database: never, config: TConfig) => Promise<void>;

/** One for all migration tables of a database, since the schema that they are in is made once as well. */
const key = migrationLockKey('drizzle');
const lock = sql.raw(migrationLockSql.replace('$1', `'${key}'`));

/**
 * `migrate()` of a driver, in a transaction that holds the lock of all deployments: what drizzle-orm does in
 * several transactions happens in that one. It is on the direct lane where there is one.
 *
 * @throws ConfigError for a database over a client that poolsafe does not guard
 */
export function migrateOnce<TConfig>(
  original: Migrate<TConfig>,
): (database: object, config: TConfig) => Promise<void> {
  return async (database, config) => {
    const db = database as Database;
    const { $client } = db;
    if ($client === undefined || !isGuarded($client)) {
      throw configError(
        'migrate() was given something else than a database over a client that poolsafe guards.',
        'make it with `drizzle()` of @poolsafe/drizzle, and do not migrate in a transaction',
      );
    }
    const attempt = (there: Database) =>
      there.transaction(
        async (tx) => {
          // Not a built query, which a cache of the user's may answer.
          const result = (await tx.execute(lock)) as Lock[] | { readonly rows: Lock[] };
          const [row] = Array.isArray(result) ? result : result.rows;
          if (row?.locked !== true) return undefined;
          await original(asDatabase(tx) as never, config);
          return { done: true };
        },
        // Anything above reads the past: what was applied before this transaction held the lock.
        { isolationLevel: 'read committed' },
      );
    // A session for each attempt, so that deployments that wait hold none.
    const inSession = () => $client.session((client) => attempt(overClient(db, client) as Database));
    await untilLocked(() => ($client.poolsafe.hasDirect ? inSession() : attempt(db)));
  };
}

/** A database whose transactions are this one. `session` is what the `migrate` of every driver reads. */
function asDatabase(tx: Transaction): object {
  const { session } = tx as unknown as { session: object };
  const transaction = { value: (work: (tx: Transaction) => Promise<unknown>) => work(tx) };
  return Object.create(tx, { session: { value: Object.create(session, { transaction }) } });
}
