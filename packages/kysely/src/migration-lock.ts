import { setTimeout as sleep } from 'node:timers/promises';
import { migrationLockKey, migrationLockSql, untilLocked } from '@poolsafe/core/migrations';
import {
  CompiledQuery,
  type DatabaseMetadataOptions,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  type TableMetadata,
} from 'kysely';
import { GuardedConnection } from './guarded-connection.ts';

/** Milliseconds between two signs of life of the transaction that holds the lock. Poolers and servers end idle ones. */
const period = 1000;

/**
 * Lets go of the snapshot of the statement before, and takes none, as a SELECT with a name would: CREATE INDEX
 * CONCURRENTLY waits for the end of each transaction that has one.
 */
const signOfLife = 'show transaction_isolation';

/** One for all migration tables of a database, as in kysely. */
const key = migrationLockKey('kysely');

/** Opens a database of one connection beside the one that migrates, and says when that connection is closed. */
export type OpenLockDatabase = (onClose: () => void) => Kysely<unknown>;

/**
 * The adapter of kysely with a migration lock that no pooler can strand: it belongs to the transaction that the
 * migrator was given, or else to one on a connection of its own.
 */
export class GuardedPostgresAdapter extends PostgresAdapter {
  readonly #open: OpenLockDatabase;
  readonly #releases = new WeakMap<object, () => Promise<void>>();

  constructor(open: OpenLockDatabase) {
    super();
    this.#open = open;
  }

  override async acquireMigrationLock(db: Kysely<unknown>): Promise<void> {
    if (db.isTransaction) return lockTransaction(db);
    const migrating = await connectionOf(db);
    const onLost = () => migrating.killSession?.(async () => {}).catch(() => {});
    this.#releases.set(db, await holdLock(this.#open, onLost));
  }

  override async releaseMigrationLock(db: Kysely<unknown>): Promise<void> {
    await this.#releases.get(db)?.();
  }
}

/** The introspector of kysely, which the migrator asks for its tables before it makes them, and only then locks. */
export class GuardedPostgresIntrospector extends PostgresIntrospector {
  readonly #db: Kysely<unknown>;

  constructor(db: Kysely<unknown>) {
    super(db);
    this.#db = db;
  }

  override async getTables(options?: DatabaseMetadataOptions): Promise<TableMetadata[]> {
    // In a transaction the second to make them would fail, and everything with it.
    if (options?.withInternalKyselyTables && this.#db.isTransaction) await lockTransaction(this.#db);
    return super.getTables(options);
  }
}

const connectionOf = (db: Kysely<unknown>) =>
  db.getExecutor().provideConnection(async (connection) => connection);

/** Takes the lock until the end of the transaction. */
async function lockTransaction(db: Kysely<unknown>): Promise<void> {
  const execute = (text: string) => db.executeQuery(CompiledQuery.raw(text));
  const begin = GuardedConnection.of(await connectionOf(db))?.only;
  let begun = true;
  await untilLocked(async () => {
    if (!begun && begin !== undefined) await execute(begin);
    if (await tryLock(db)) return {};
    // A transaction in which nothing was done need not hold a server connection while it waits.
    if (begin !== undefined) await execute('rollback');
    begun = begin === undefined;
    return undefined;
  });
}

async function tryLock(db: Kysely<unknown>): Promise<boolean> {
  const query = CompiledQuery.raw(migrationLockSql, [key]);
  const { rows } = await db.withoutPlugins().executeQuery<{ locked: boolean }>(query);
  return rows[0]?.locked === true;
}

/** Takes the lock and holds it until the returned function is called, which throws when it was lost before. */
async function holdLock(open: OpenLockDatabase, onLost: () => void): Promise<() => Promise<void>> {
  let pause = new AbortController();
  let released = false;
  let held: Promise<object> | undefined;
  const db = open(() => pause.abort());
  const holding = (taken: () => void) =>
    db
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (trx) => {
        if (!(await tryLock(trx))) return undefined;
        await trx.executeQuery(CompiledQuery.raw(signOfLife));
        taken();
        while (!released) {
          pause = new AbortController();
          await sleep(period, undefined, { signal: pause.signal }).catch(() => {});
          await trx.executeQuery(CompiledQuery.raw(signOfLife));
        }
        return {};
      });
  await new Promise<void>((taken, failed) => {
    held = untilLocked(() => holding(taken)).finally(() => db.destroy());
    held.catch(failed);
  });
  held?.catch(onLost);
  return async () => {
    released = true;
    pause.abort();
    try {
      await held;
    } catch (cause) {
      throw new Error('The migration lock was lost, and the connection that migrated was closed.', { cause });
    }
  };
}
