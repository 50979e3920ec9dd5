import {
  type Address,
  type OdysseySpec,
  type PgBouncerSpec,
  type Pooler,
  startOdyssey,
  startPgBouncer,
} from '@poolsafe/stack';
import pg from 'pg';
import type { Row } from './subject.ts';

/**
 * What cases run against: a pooler, or PostgreSQL itself. Plain data, since tests run in other processes than the
 * servers' owner.
 */
export interface Target {
  readonly name: string;
  /** Whether it keeps protocol-level named statements. */
  readonly tracking: boolean;
  /** The row of `poolers` in @poolsafe/core that describes it: `direct` for PostgreSQL itself. */
  readonly row: string;
  readonly address: Address;
  /** How to start another pooler like it: each case has its own. */
  readonly spec?: PoolerSpec;
}

/** A pooler to start. */
export type PoolerSpec = PgBouncerSpec | OdysseySpec;

/** A PgBouncer that cases run against. */
export interface PoolerUnderTest extends Target {
  readonly version: string;
  readonly spec: PgBouncerSpec;
}

/** PostgreSQL without a pooler, as one more target of the suite. */
export const directTarget = ({ postgres }: Servers): Target => ({
  name: 'direct',
  tracking: true,
  row: 'direct',
  address: postgres,
});

/** The servers that cases run against. */
export interface Servers {
  readonly postgres: Address;
  readonly poolers: readonly PoolerUnderTest[];
  /** Poolers that only some cases are declared for. Default: none. */
  readonly others?: readonly Target[];
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
  /** Without the pooler, where that is possible. */
  readonly directUrl: string | undefined;
  /** Through the pooler as superuser, where there is one. */
  readonly superuserUrl: string | undefined;
  /** Where the tables of the case are: through a pooler of one's own there is no search_path to rely on. */
  readonly schema: string;
  /** Runs SQL as the application's role, without the pooler where that is possible. */
  sql(text: string): Promise<Row[]>;
  /** Runs SQL as superuser, without the pooler. */
  admin(text: string): Promise<Row[]>;
  /** Removes everything from the database. */
  empty(): Promise<void>;
  /** The pooler itself, where it may be restarted. */
  readonly pooler: Pooler | undefined;
}

/** A site in a schema of a database that is already there, reached through its pooler only. */
export async function openSiteAt(url: string): Promise<Site> {
  const schema = `poolsafe_demo_${process.pid}_${Date.now().toString(36)}`;
  const sql = (text: string) => runAs({ connectionString: url }, [text]);
  await sql(`create schema ${schema}`);
  const notThere = () =>
    Promise.reject(new Error('This case needs a superuser, which a pooler of your own does not give it.'));
  return {
    url,
    directUrl: undefined,
    superuserUrl: undefined,
    schema,
    sql,
    admin: notThere,
    empty: notThere,
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
 * Opens a {@link Site}: an empty database, and a pooler that is started in front of it, unless there is to be none.
 * When the site is disposed of, the pooler is stopped, every backend that is left is terminated, and the database
 * is emptied for the next case.
 */
export async function openSite(postgres: Address, spec: PoolerSpec | undefined): Promise<Site> {
  const database = idle.pop() ?? (await createDatabase(postgres));
  const superuser = { ...postgres, database };
  const pooler = spec && (await start(spec, postgres));
  const empty = async () => {
    await runAs(superuser, [dropSchemas, createSchema]);
  };
  const reached = { ...(pooler?.address ?? postgres), database };
  return {
    url: urlOf({ ...reached, ...role }),
    directUrl: urlOf({ ...superuser, ...role }),
    superuserUrl: urlOf(reached),
    schema: 'public',
    sql: (text) => runAs({ ...superuser, ...role }, [text]),
    admin: (text) => runAs(superuser, [text]),
    empty,
    pooler,
    async [Symbol.asyncDispose]() {
      await pooler?.stop();
      await runAs(superuser, [terminateOthers, `alter database ${database} reset all`]);
      await empty();
      idle.push(database);
    },
  };
}

function start(spec: PoolerSpec, postgres: Address): Promise<Pooler> {
  return 'version' in spec ? startPgBouncer(spec, postgres) : startOdyssey(spec, postgres);
}

/** Migrators make one of their own. */
const dropSchemas = `do $$ declare name text; begin
  for name in select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' loop
    execute format('drop schema %I cascade', name);
  end loop;
end $$`;

const createSchema = `create schema public authorization ${role.user}`;

/** Waits for each to be gone, up to 5 s: its locks go with it. */
const terminateOthers = `select pg_terminate_backend(pid, 5000) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid()`;

function urlOf({ user, password, host, port, database }: Address & { readonly database: string }): string {
  const place = host.includes(':') ? `[${host}]` : host;
  return `postgres://${user}:${encodeURIComponent(password)}@${place}:${port}/${database}`;
}

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
