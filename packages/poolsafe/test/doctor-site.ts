import { randomBytes } from 'node:crypto';
import type { Address } from '@poolsafe/stack';
import pg from 'pg';

/** A password that has to be encoded in a URL, and its encoded form. */
export const password = 'p@ss:w/rd#1%';
export const secrets: readonly string[] = [password, encodeURIComponent(password)];

/** The URL of a database, through whatever listens at an address. */
export function urlOf(address: Address, database: string): string {
  const credentials = `${address.user}:${encodeURIComponent(address.password)}`;
  return `postgres://${credentials}@${address.host}:${address.port}/${database}`;
}

/** Runs statements on a connection of its own, and gives the rows of the last. */
export async function run(url: string, ...statements: readonly string[]): Promise<pg.QueryResultRow[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: pg.QueryResultRow[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

/** A database with a role that owns it and has no rights beyond. */
export interface Site extends AsyncDisposable {
  readonly database: string;
  readonly role: string;
  /** As the superuser. */
  readonly admin: string;
  /** As the role, through whatever listens at an address. */
  through(address: Pick<Address, 'host' | 'port'>): string;
}

export async function openSite(postgres: Address): Promise<Site> {
  const name = `doctor_${randomBytes(6).toString('hex')}`;
  const server = urlOf(postgres, 'postgres');
  await run(
    server,
    `create role ${name} login password '${password}'`,
    `create database ${name} owner ${name}`,
  );
  return {
    database: name,
    role: name,
    admin: urlOf(postgres, name),
    through: ({ host, port }) => urlOf({ host, port, user: name, password }, name),
    async [Symbol.asyncDispose]() {
      await run(server, `drop database ${name} with (force)`, `drop role ${name}`);
    },
  };
}
