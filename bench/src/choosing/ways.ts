import { randomBytes } from 'node:crypto';
import { type PgBouncerSpec, startPgBouncer, startPostgres } from '@poolsafe/stack';
import pg from 'pg';

/** What stands between an application and PostgreSQL. */
export const wayNames = ['transaction pooler', 'session pooler', 'direct'] as const;
export type WayName = (typeof wayNames)[number];

/** Server connections of each pooler. */
export const poolSize = 10;
/** Of PostgreSQL, its default. Three of them are for superusers, which is its default as well. */
export const maxConnections = 100;
/** Seconds after which a pooler gives up a client that waits for a server connection. PgBouncer's default is 120. */
export const queryWaitTimeout = 2;

/** A PostgreSQL, and the ways to it. */
export interface Ways extends AsyncDisposable {
  readonly postgres: string;
  readonly pgbouncer: string;
  /** A connection of the superuser, on another database than that of the applications. */
  readonly admin: pg.Client;
  /** The database of the applications. */
  readonly database: string;
  /** The URL of an application, whose role is nothing special. */
  url(way: WayName): string;
}

/** One PostgreSQL, and two PgBouncers that differ in their pool_mode. */
export async function startWays(): Promise<Ways> {
  const postgres = await startPostgres({ settings: { max_connections: maxConnections, autovacuum: 'off' } });
  const users = { app: randomBytes(8).toString('hex'), [postgres.address.user]: postgres.address.password };
  const start = (mode: 'transaction' | 'session') => startPgBouncer(specOf(mode, users), postgres.address);
  const poolers = {
    'transaction pooler': await start('transaction'),
    'session pooler': await start('session'),
  };
  const admin = new pg.Client({ connectionString: postgres.url() });
  await admin.connect();
  await admin.query(`create role app login password '${users.app}'`);
  const database = await postgres.createDatabase();
  await seed(postgres.url(database));
  return {
    postgres: postgres.version,
    pgbouncer: poolers['transaction pooler'].version,
    admin,
    database,
    url(way) {
      const server = way === 'direct' ? postgres : poolers[way];
      return Object.assign(new URL(server.url(database)), { username: 'app', password: users.app }).href;
    },
    async [Symbol.asyncDispose]() {
      await admin.end();
      for (const server of [...Object.values(poolers), postgres]) await server.stop();
    },
  };
}

function specOf(mode: 'transaction' | 'session', users: Readonly<Record<string, string>>): PgBouncerSpec {
  const lines = Object.entries(users).map(([name, password]) => `"${name}" "${password}"\n`);
  return {
    version: 'latest',
    settings: {
      pool_mode: mode,
      default_pool_size: poolSize,
      query_wait_timeout: queryWaitTimeout,
      // As PostgreSQL does it. The file spares the connections of auth_query, which would count.
      auth_type: 'scram-sha-256',
      auth_file: 'all.txt',
    },
    files: { 'all.txt': lines.join('') },
  };
}

async function seed(url: string): Promise<void> {
  const owner = new pg.Client({ connectionString: url });
  await owner.connect();
  await owner.query(`create table notes as select id, 'a note' as text from generate_series(1, 1000) as id;
    alter table notes add primary key (id);
    grant select on notes to app;
    analyze notes`);
  await owner.end();
}
