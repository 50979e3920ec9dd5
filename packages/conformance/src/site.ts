import type { Address, PgBouncerSpec } from '@poolsafe/stack';
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
  /** How to start another one like it, for cases that kill it. */
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

/** A database or schema of its own for one run of one case, and how to reach it. */
export interface Site extends AsyncDisposable {
  /** Through the pooler. */
  readonly url: string;
  /** Where the tables of the case are: the URL of a pooler of one's own has no search_path to rely on. */
  readonly schema: string;
  /** Runs SQL as the application's role, without the pooler. */
  sql(text: string): Promise<Row[]>;
  /** Runs SQL as superuser, without the pooler. */
  admin(text: string): Promise<Row[]>;
  /** The same database through another pooler. */
  urlThrough(address: Address): string;
}

/** A site in a schema of a database that is already there, reached through its pooler only. */
export async function openSiteAt(url: string): Promise<Site> {
  const schema = `poolsafe_demo_${process.pid}_${Date.now().toString(36)}`;
  const sql = (text: string) => runAs({ connectionString: url }, [text]);
  const unavailable = (): never => {
    throw new Error('This case needs a superuser, which a pooler of your own does not give it.');
  };
  await sql(`create schema ${schema}`);
  return {
    url,
    schema,
    sql,
    admin: unavailable,
    urlThrough: unavailable,
    async [Symbol.asyncDispose]() {
      await sql(`drop schema ${schema} cascade`);
    },
  };
}

let count = 0;

/** Creates the database of a {@link Site}. Dropped, with its connections, when the site is disposed of. */
export async function openSite(postgres: Address, pooler: Address): Promise<Site> {
  count += 1;
  const database = `case_${process.pid}_${count}`;
  const superuser = { ...postgres, database };
  await runAs({ ...postgres, database: 'postgres' }, [`create database ${database} owner ${role.user}`]);
  const urlThrough = ({ host, port }: Address) =>
    `postgres://${role.user}:${encodeURIComponent(role.password)}@${host}:${port}/${database}`;
  return {
    url: urlThrough(pooler),
    schema: 'public',
    urlThrough,
    sql: (text) => runAs({ ...superuser, ...role }, [text]),
    admin: (text) => runAs(superuser, [text]),
    async [Symbol.asyncDispose]() {
      await runAs({ ...postgres, database: 'postgres' }, [`drop database ${database} with (force)`]);
    },
  };
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
