import * as guarded from '@poolsafe/kysely/postgres-js';
import safe from '@poolsafe/postgres';
import { CompiledQuery, type DatabaseConnection, type Dialect, Kysely, type LogEvent, sql } from 'kysely';
import * as bare from 'kysely-postgres-js';
import postgres from 'postgres';
import { afterAll, inject } from 'vitest';
import { comparisonOf, type Step } from '../../pg/test/comparing.ts';
import { openDatabase } from '../../pg/test/database.ts';
import { setup, stepsWith } from './steps.ts';

/** What an application imports. */
interface Lib {
  readonly PostgresJSDialect: new (config: bare.PostgresJSDialectConfig) => Dialect;
  readonly postgres: typeof postgres;
}

const bareLib = { PostgresJSDialect: bare.PostgresJSDialect, postgres } as Lib;
const guardedLib = { PostgresJSDialect: guarded.PostgresJSDialect, postgres: safe } as unknown as Lib;

const options = { max: 2, onnotice: () => {} };

/** Each way to give the client. The last two are those of this package alone. */
const forms: Readonly<Record<string, (lib: Lib, url: string) => Dialect>> = {
  'a client': (lib, url) => new lib.PostgresJSDialect({ postgres: lib.postgres(url, options) }),
  'a function': (lib, url) => new lib.PostgresJSDialect({ postgres: () => lib.postgres(url, options) }),
  options: (lib, url) =>
    new lib.PostgresJSDialect({
      postgres: lib === guardedLib ? ({ url, ...options } as never) : lib.postgres(url, options),
    }),
  'a URL': (lib, url) =>
    new lib.PostgresJSDialect({ postgres: lib === guardedLib ? (url as never) : lib.postgres(url, options) }),
};

const databases: Readonly<Record<string, Step<Lib>>> = {
  async 'a hook'(lib, { url }) {
    const seen: unknown[] = [];
    const onReserveConnection = async (connection: DatabaseConnection) => {
      seen.push((await connection.executeQuery(CompiledQuery.raw('select 1 as one'))).rows);
    };
    const client = lib.postgres(url, { max: 1 });
    const db = new Kysely({ dialect: new lib.PostgresJSDialect({ postgres: client, onReserveConnection }) });
    for (let i = 0; i < 2; i += 1) await sql`select ${i}::int`.execute(db);
    await db.destroy();
    return seen;
  },

  async 'what is logged'(lib, { url }) {
    const events: unknown[] = [];
    const log = ({ level, query }: LogEvent) => void events.push([level, query.sql, query.parameters]);
    const db = new Kysely({ dialect: new lib.PostgresJSDialect({ postgres: lib.postgres(url) }), log });
    await sql`select ${1}::int`.execute(db);
    await db.transaction().execute((trx) => sql`select 2`.execute(trx));
    await sql`nothing`.execute(db).catch(() => {});
    await db.destroy();
    return events;
  },

  async 'the end of the client, and a client that is used beside'(lib, { url }) {
    const client = lib.postgres(url);
    const db = new Kysely({ dialect: new lib.PostgresJSDialect({ postgres: client }) });
    const both = await Promise.all([client`select 1 as one`, sql`select 2 as two`.execute(db)]);
    await db.destroy();
    const late = await client`select 1`.catch((error) => error.code);
    return [[...both[0]], both[1].rows, late];
  },

  async 'an unusable login'(lib, { url }) {
    const client = lib.postgres(url.replace(/:[^:@]+@/, ':wrong@'));
    const db = new Kysely({ dialect: new lib.PostgresJSDialect({ postgres: client }) });
    const { code } = await sql`select 1`.execute(db).catch((error) => error);
    await db.destroy();
    return /^(28P01|08P01)$/.test(code);
  },
};

/** As `compareWithKysely`, with kysely-postgres-js. */
export async function compareWithPostgresJS(): Promise<void> {
  const database = await openDatabase(inject('servers'), ...setup);
  afterAll(() => database[Symbol.asyncDispose]());
  const all = new Map([...stepsWith(forms), ...Object.entries(databases)]);
  comparisonOf({ bare: bareLib, guarded: guardedLib, database }).sameSteps(all);
}
