import * as guarded from '@poolsafe/kysely';
import * as poolsafe from '@poolsafe/pg';
import * as bare from 'kysely';
import { CompiledQuery, type Dialect, Kysely, type LogEvent, sql } from 'kysely';
import pg from 'pg';
import Cursor from 'pg-cursor';
import { afterAll, inject } from 'vitest';
import { comparisonOf, type Step } from '../../pg/test/comparing.ts';
import { openDatabase } from '../../pg/test/database.ts';
import { setup, steps, stepsWith, type Tables } from './steps.ts';

/** What an application imports. */
interface Lib {
  readonly PostgresDialect: new (config: bare.PostgresDialectConfig) => Dialect;
  readonly Pool: new (config: pg.PoolConfig) => pg.Pool;
}

const bareLib = { PostgresDialect: bare.PostgresDialect, Pool: pg.Pool } as Lib;
const guardedLib = { PostgresDialect: guarded.PostgresDialect, Pool: poolsafe.Pool } as unknown as Lib;

const config = (url: string) => ({ connectionString: url, max: 2 });

/** Each way to give the pool. The last is that of this package alone. */
const forms: Readonly<Record<string, (lib: Lib, url: string) => Dialect>> = {
  'a pool': ({ PostgresDialect, Pool }, url) =>
    new PostgresDialect({ pool: new Pool(config(url)), cursor: Cursor }),
  'a function': ({ PostgresDialect, Pool }, url) =>
    new PostgresDialect({ pool: async () => new Pool(config(url)), cursor: Cursor }),
  options: (lib, url) =>
    new lib.PostgresDialect({
      pool: lib === guardedLib ? (config(url) as never) : new lib.Pool(config(url)),
      cursor: Cursor,
    }),
};

const databases: Readonly<Record<string, Step<Lib>>> = {
  async 'the end of the pool'({ PostgresDialect, Pool }, { url }) {
    const pool = new Pool(config(url));
    const [idle, used] = [1, 2].map(() => new Kysely({ dialect: new PostgresDialect({ pool }) }));
    await idle?.destroy();
    const before = pool.ending;
    await used?.executeQuery(CompiledQuery.raw('select 1'));
    await used?.destroy();
    const late = used?.executeQuery(CompiledQuery.raw('select 1')).catch((error) => error.message);
    return [before, pool.ended, await late];
  },
  async hooks({ PostgresDialect, Pool }, { url }) {
    const seen: unknown[] = [];
    const hook = (name: string) => async (connection: bare.DatabaseConnection) => {
      seen.push(name, (await connection.executeQuery(CompiledQuery.raw('select 1 as one'))).rows);
    };
    const pool = new Pool({ ...config(url), max: 1 });
    const hooks = { onCreateConnection: hook('create'), onReserveConnection: hook('reserve') };
    const db = new Kysely({ dialect: new PostgresDialect({ pool, ...hooks }) });
    for (let i = 0; i < 2; i += 1) await sql`select ${i}`.execute(db);
    await db.transaction().execute(async () => {});
    await db.destroy();
    return seen;
  },
  async 'what is logged'({ PostgresDialect, Pool }, { url }) {
    const events: unknown[] = [];
    const log = ({ level, query }: LogEvent) => void events.push([level, query.sql, query.parameters]);
    const db = new Kysely({ dialect: new PostgresDialect({ pool: new Pool(config(url)) }), log });
    await sql`select ${1}::int`.execute(db);
    await db.transaction().execute((trx) => sql`select 2`.execute(trx));
    await sql`nothing`.execute(db).catch(() => {});
    await db.destroy();
    return events;
  },
  async 'no cursor'({ PostgresDialect, Pool }, { url }) {
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: new Pool(config(url)) }) });
    const error = await steps.stream?.(db).catch((error) => error.message);
    await db.destroy();
    return error;
  },
  async 'controlled transactions and savepoints'({ PostgresDialect, Pool }, { url }) {
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: new Pool(config(url)) }) });
    const trx = await db.startTransaction().setAccessMode('read write').execute();
    await sql`insert into author values (7, 'Gus')`.execute(trx);
    const point = await trx.savepoint('a').execute();
    const failed = await sql`insert into author values (7, 'twice')`
      .execute(point)
      .catch((error) => error.code);
    await point.rollbackToSavepoint('a').execute();
    const { rows } = await sql`select id from author order by id`.execute(trx);
    await trx.rollback().execute();
    await db.destroy();
    return [failed, rows];
  },
  async 'a pool that is used beside'({ PostgresDialect, Pool }, { url }) {
    const pool = new Pool(config(url));
    const db = new Kysely({ dialect: new PostgresDialect({ pool }) });
    const both = await Promise.all([pool.query('select 1 as one'), sql`select 2 as two`.execute(db)]);
    await db.destroy();
    return both.map(({ rows }) => rows);
  },
  async 'an unusable login'({ PostgresDialect, Pool }, { url }) {
    const pool = new Pool(config(url.replace(/:[^:@]+@/, ':wrong@')));
    const db = new Kysely({ dialect: new PostgresDialect({ pool }) });
    const { code } = await sql`select 1`.execute(db).catch((error) => error);
    await db.destroy();
    return /^(28P01|08P01)$/.test(code);
  },
};

/**
 * A test for each step: the same code with kysely itself, directly, and with the drop-in over every route, must
 * come to the same. `without` names the steps that this version of kysely cannot do.
 */
export async function compareWithKysely(without: readonly string[] = []): Promise<void> {
  const database = await openDatabase(inject('servers'), ...setup);
  afterAll(() => database[Symbol.asyncDispose]());
  const all = new Map([...stepsWith(forms), ...Object.entries(databases)]);
  comparisonOf({ bare: bareLib, guarded: guardedLib, database }).sameSteps(all, without);
}
