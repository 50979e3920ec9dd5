import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrationLockKey, migrationLockSql, untilLocked } from '@poolsafe/core/migrations';
import { Client, escapeLiteral } from '@poolsafe/pg';
import type { DataSource, QueryRunner } from 'typeorm';
import type { PostgresDriver } from './guarded-options.ts';

/** Milliseconds. Poolers and servers end a transaction that is idle for longer than they allow. */
const keepAliveInterval = 2000;

/**
 * Runs `work` while a transaction on a connection of its own holds the lock of the migration table: a pool of one
 * is left to the migrations, which may begin and end transactions as they like.
 *
 * @throws whatever `work` throws, and at once what ends the connection that holds the lock
 */
export async function withMigrationLock<T>(dataSource: DataSource, work: () => Promise<T>): Promise<T> {
  // As a parameter, the snapshot of the statement would stay until the next one; see below.
  const take = migrationLockSql.replace('$1', () => escapeLiteral(migrationLockKey(tableOf(dataSource))));
  const client = new Client((dataSource.driver as PostgresDriver).master.options);
  await client.connect();
  try {
    const { result } = await untilLocked(async () => {
      // CREATE INDEX CONCURRENTLY waits for the end of each transaction that has a snapshot. This one keeps none.
      await client.query('begin isolation level read committed');
      const { rows } = await client.query<{ locked: boolean }>(take);
      if (rows[0]?.locked) return { result: await whileLocked(client, work) };
      await client.query('rollback');
      return undefined;
    });
    return result;
  } finally {
    // On a connection that is lost, this says nothing new.
    await Promise.allSettled([client.query('rollback')]);
    await client.end();
  }
}

/**
 * Runs `work` over a session of the direct lane, which holds the same lock: what is lost is lost together. `work` gets
 * the data source with that session in the place of its pool where the migrations run, and is otherwise the same one:
 * another would make itself the data source of the entities.
 */
export function migrateDirectly<T>(
  dataSource: DataSource,
  work: (there: DataSource) => Promise<T>,
): Promise<Awaited<T>> {
  const { master } = dataSource.driver as PostgresDriver;
  const migrate = async (client: Client): Promise<T> => {
    const driver = Object.create(dataSource.driver, {
      obtainMasterConnection: { value: async () => [client, () => {}] },
    }) as PostgresDriver;
    const runners: QueryRunner[] = [];
    const createQueryRunner = (): QueryRunner => {
      const runner = driver.createQueryRunner('master');
      runners.push(runner);
      return Object.assign(runner, { manager: dataSource.createEntityManager(runner) });
    };
    try {
      return await work(Object.create(dataSource, { createQueryRunner: { value: createQueryRunner } }));
    } finally {
      // TypeORM keeps one that it has not released until the data source is destroyed.
      await Promise.all(runners.map((runner) => runner.release()));
    }
  };
  return master.withAdvisoryLock(migrationLockKey(tableOf(dataSource)), migrate, { scope: 'session' });
}

/** The name of the table of migrations, as it stands in SQL. */
function tableOf({ driver, options }: DataSource): string {
  const { migrationsTableName = 'migrations' } = options;
  return driver.buildTableName(migrationsTableName, (driver as PostgresDriver).schema);
}

async function whileLocked<T>(client: Client, work: () => Promise<T>): Promise<T> {
  const done = new AbortController();
  const lost = keepAlive(client, done.signal);
  try {
    return await Promise.race([work(), lost]);
  } finally {
    done.abort();
    await Promise.allSettled([lost]);
  }
}

/** Ends with the connection, or when it is told to. */
async function keepAlive(client: Client, signal: AbortSignal): Promise<never> {
  const lost = once(client, 'error', { signal });
  for (;;) {
    const [error] = await Promise.race([lost, sleep(keepAliveInterval, [], { signal })]);
    if (error !== undefined) throw error;
    await client.query('select 1');
  }
}
