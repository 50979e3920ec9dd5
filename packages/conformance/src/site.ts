import { type Address, type PgBouncer, type PgBouncerSpec, startPgBouncer } from '@poolsafe/stack';
import pg from 'pg';
import type { Row } from './subject.ts';

/** A pooler that cases run against: plain data, since tests run in other processes than the servers' owner. */
export interface PoolerUnderTest {
  readonly name: string;
  readonly version: string;
  /** Whether it keeps protocol-level named statements. */
  readonly tracking: boolean;
  /** The row of `poolers` in @poolsafe/core that describes it. */
  readonly row: string;
  readonly address: Address;
  /** How to start another one like it: each case has its own. */
  readonly spec: PgBouncerSpec;
}

/** The servers that cases run against. */
export interface Servers {
  readonly postgres: Address;
  readonly poolers: readonly PoolerUnderTest[];
}

/** Not a superuser, since row-level security does not apply to those. The password tests the encoding of URLs. */
const role = { user: 'poolsafe_app', password: 'p@ss:w/rd#1%' };

/** A second role, which the first may become. */
export const otherRole = 'poolsafe_other';

/** Makes the roles that the cases use. Once per server. */
export async function prepareServer(postgres: Address): Promise<void> {
  await runAs({ ...postgres, database: 'postgres' }, [
    `create role ${role.user} login password '${role.password}'`,
    `create role ${otherRole}`,
    `grant ${otherRole} to ${role.user}`,
  ]);
}

/** A pooler and a database or schema of its own for one run of one case, and how to reach them. */
export interface Site extends AsyncDisposable {
  /** Through the pooler. */
  readonly url: string;
  /** The same as superuser, where there is one. */
  readonly superuserUrl: string | undefined;
  /** Where the tables of the case are: through a pooler of one's own there is no search_path to rely on. */
  readonly schema: string;
  /** Runs SQL as the application's role, without the pooler where that is possible. */
  sql(text: string): Promise<Row[]>;
  /** Runs SQL as superuser, without the pooler. */
  admin(text: string): Promise<Row[]>;
  /** The pooler itself, where it may be restarted. */
  readonly pooler: PgBouncer | undefined;
}

/** A site in a schema of a database that is already there, reached through its pooler only. */
export async function openSiteAt(url: string): Promise<Site> {
  const schema = `poolsafe_demo_${process.pid}_${Date.now().toString(36)}`;
  const sql = (text: string) => runAs({ connectionString: url }, [text]);
  await sql(`create schema ${schema}`);
  return {
    url,
    superuserUrl: undefined,
    schema,
    sql,
    admin: () =>
      Promise.reject(new Error('This case needs a superuser, which a pooler of your own does not give it.')),
    pooler: undefined,
    async [Symbol.asyncDispose]() {
      await sql(`drop schema ${schema} cascade`);
    },
  };
}

/** Databases that no case uses at the moment. Starting a PgBouncer takes a third of the time of creating one. */
const idle: string[] = [];
let count = 0;

/**
 * Starts the pooler of a {@link Site} in front of an empty database. When the site is disposed of, the pooler is
 * stopped, every backend that is left is terminated, and the database is emptied for the next case.
 */
export async function openSite(postgres: Address, spec: PgBouncerSpec): Promise<Site> {
  const database = idle.pop() ?? (await createDatabase(postgres));
  const superuser = { ...postgres, database };
  const pooler = await startPgBouncer(spec, postgres);
  const { host, port } = pooler.address;
  return {
    url: `postgres://${role.user}:${encodeURIComponent(role.password)}@${host}:${port}/${database}`,
    superuserUrl: pooler.url(database),
    schema: 'public',
    sql: (text) => runAs({ ...superuser, ...role }, [text]),
    admin: (text) => runAs(superuser, [text]),
    pooler,
    async [Symbol.asyncDispose]() {
      await pooler.stop();
      await runAs(superuser, [terminateOthers, 'drop schema public cascade', createSchema]);
      idle.push(database);
    },
  };
}

const createSchema = `create schema public authorization ${role.user}`;

/** Waits for each to be gone, up to 5 s: its locks go with it. */
const terminateOthers = `select pg_terminate_backend(pid, 5000) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid()`;

async function createDatabase(postgres: Address): Promise<string> {
  count += 1;
  const database = `case_${process.pid}_${count}`;
  await runAs({ ...postgres, database: 'postgres' }, [`create database ${database} owner ${role.user}`]);
  return database;
}

async function runAs(config: pg.ClientConfig, texts: readonly string[]): Promise<Row[]> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    let rows: Row[] = [];
    for (const text of texts) rows = (await client.query(text)).rows;
    return rows;
  } finally {
    await client.end();
  }
}
