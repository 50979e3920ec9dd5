import type { Servers } from '@poolsafe/conformance';
import type { PoolsafeOptions } from '@poolsafe/pg';
import pg from 'pg';

/** How to reach a database; `poolsafe` is only there for the guarded library. */
export interface Route {
  readonly name: string;
  readonly url: string;
  readonly poolsafe?: PoolsafeOptions;
}

/** A database of its own with a role of its own, for one test file. */
export interface Database extends AsyncDisposable {
  readonly role: string;
  readonly password: string;
  readonly direct: Route;
  /** Without poolsafe being told anything: direct, then through each pooler. */
  readonly routes: readonly Route[];
  /** Direct, and poolsafe is told so. */
  readonly told: Route;
  /** Through the pooler of this name. */
  through(pooler: string): Route;
  /** Runs SQL as superuser, without a pooler. */
  admin(text: string, values?: readonly unknown[]): Promise<pg.QueryResultRow[]>;
}

const password = 'p@ss:w/rd#1%';

/** Creates a {@link Database} and runs `setup` in it as its owner. */
export async function openDatabase({ postgres, poolers }: Servers, ...setup: string[]): Promise<Database> {
  const name = `test_${process.pid}_${Date.now().toString(36)}`;
  await runAs({ ...postgres, database: 'postgres' }, `create role ${name} login password '${password}'`);
  await runAs({ ...postgres, database: 'postgres' }, `create database ${name} owner ${name}`);
  const routeTo = (title: string, { host, port }: { host: string; port: number }): Route => ({
    name: title,
    url: `postgres://${name}:${encodeURIComponent(password)}@${host}:${port}/${name}`,
  });
  const direct = routeTo('direct', postgres);
  const pooled = poolers.map((pooler) => routeTo(pooler.name, pooler.address));
  for (const text of setup) await runAs({ connectionString: direct.url }, text);
  return {
    role: name,
    password,
    direct,
    routes: [direct, ...pooled],
    told: { ...direct, name: 'direct, and told so', poolsafe: { pooler: 'direct' } },
    through: (pooler) => pooled.find((route) => route.name === pooler) as Route,
    admin: (text, values) => runAs({ ...postgres, database: name }, text, values),
    async [Symbol.asyncDispose]() {
      await runAs({ ...postgres, database: 'postgres' }, `drop database ${name} with (force)`);
      await runAs({ ...postgres, database: 'postgres' }, `drop role ${name}`);
    },
  };
}

async function runAs(
  config: pg.ClientConfig,
  text: string,
  values?: readonly unknown[],
): Promise<pg.QueryResultRow[]> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return (await client.query(text, values && [...values])).rows;
  } finally {
    await client.end();
  }
}
