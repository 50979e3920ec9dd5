import { setTimeout as sleep } from 'node:timers/promises';
import { type PgBouncer, type Stack, startStack } from '@poolsafe/stack';
import pg from 'pg';
import { schema } from './stacks/operations.ts';
import type { Kind } from './stacks/stack.ts';

/** A way to PostgreSQL. */
export interface Target {
  readonly name: string;
  readonly kind: Kind;
  readonly pooler: PgBouncer | undefined;
  url(database: string): string;
}

/** PostgreSQL, the PgBouncers that stand for their kinds, and databases with the tables of the operations. */
export interface Servers extends AsyncDisposable {
  readonly stack: Stack;
  readonly targets: readonly Target[];
  /** A connection of the superuser to another database, without a pooler. */
  readonly admin: pg.Client;
  /** A database of its own for whoever is measured: server connections and what they keep are nobody else's. */
  createDatabase(): Promise<string>;
  /** Drops it when the clients are gone: bare pg has no listener for what its pool leaves behind when it ends. */
  dropDatabase(name: string, target: Target): Promise<void>;
}

/** A PgBouncer that keeps no statements, and one that tracks them. */
const poolers: readonly (readonly [name: string, kind: Kind])[] = [
  ['1.24off', 'classic'],
  ['latest', 'tracking'],
];

/** Starts them. Nothing else than what is asked for is to run on the server meanwhile. */
export async function startServers(): Promise<Servers> {
  const stack = await startStack({ postgres: { settings: { autovacuum: 'off' } } });
  const admin = new pg.Client({ connectionString: stack.postgres.url() });
  await admin.connect();
  const template = await stack.createDatabase();
  await seed(stack.postgres.url(template));
  const targets = poolers.map(([name, kind]): Target => {
    const pooler = stack.pgbouncer(name);
    return { name: `PgBouncer ${pooler.version}, ${kind}`, kind, pooler, url: (db) => pooler.url(db) };
  });
  let databases = 0;
  return {
    stack,
    targets: [
      ...targets,
      { name: 'direct', kind: 'direct', pooler: undefined, url: (db) => stack.postgres.url(db) },
    ],
    admin,
    async createDatabase() {
      databases += 1;
      const name = `bench_${databases}`;
      await admin.query(`create database ${name} template ${template}`);
      return name;
    },
    async dropDatabase(name, { kind }) {
      // A pooler keeps its connections.
      while (kind === 'direct' && (await clientsOf(admin, name)) > 0) await sleep(10);
      await stack.dropDatabase(name);
    },
    async [Symbol.asyncDispose]() {
      await admin.end();
      await stack.stop();
    },
  };
}

async function clientsOf(admin: pg.Client, database: string): Promise<number> {
  const text = 'select count(*)::int as n from pg_stat_activity where datname = $1';
  return (await admin.query<{ n: number }>(text, [database])).rows[0]?.n ?? 0;
}

async function seed(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(schema);
  await client.query('vacuum analyze');
  await client.end();
}
