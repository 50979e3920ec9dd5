import * as guarded from '@poolsafe/kysely/postgres-js';
import safe, { ConfigError } from '@poolsafe/postgres';
import { CompiledQuery, type DatabaseConnection, type Dialect, Kysely, type LogEvent, sql } from 'kysely';
import * as bare from 'kysely-postgres-js';
import postgres from 'postgres';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';
import { setup, steps, type Tables } from './steps.ts';

const database = await openDatabase(inject('servers'), ...setup);
afterAll(() => database[Symbol.asyncDispose]());

/** What an application imports. */
interface Lib {
  readonly PostgresJSDialect: new (config: bare.PostgresJSDialectConfig) => Dialect;
  readonly postgres: typeof postgres;
}

type Step = (lib: Lib, url: string) => Promise<unknown>;

const bareLib = { PostgresJSDialect: bare.PostgresJSDialect, postgres } as Lib;
const guardedLib = { PostgresJSDialect: guarded.PostgresJSDialect, postgres: safe } as unknown as Lib;

/** The same step with kysely-postgres-js itself, directly, and with the drop-in over every route. */
function same(title: string, step: Step): void {
  test(title, async () => {
    const expected = await step(bareLib, database.direct.url);
    for (const { name, url } of database.routes) {
      expect(await step(guardedLib, url), name).toEqual(expected);
    }
  });
}

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

for (const [form, dialectOf] of Object.entries(forms)) {
  for (const [title, step] of Object.entries(steps)) {
    same(`${form} | ${title}`, async (lib, url) => {
      const db = new Kysely<Tables>({ dialect: dialectOf(lib, url) });
      const result = await step(db);
      await db.destroy();
      return result;
    });
  }
}

same('a hook', async (lib, url) => {
  const seen: unknown[] = [];
  const onReserveConnection = async (connection: DatabaseConnection) => {
    seen.push((await connection.executeQuery(CompiledQuery.raw('select 1 as one'))).rows);
  };
  const client = lib.postgres(url, { max: 1 });
  const db = new Kysely({ dialect: new lib.PostgresJSDialect({ postgres: client, onReserveConnection }) });
  for (let i = 0; i < 2; i += 1) await sql`select ${i}::int`.execute(db);
  await db.destroy();
  return seen;
});

same('what is logged', async (lib, url) => {
  const events: unknown[] = [];
  const log = ({ level, query }: LogEvent) => void events.push([level, query.sql, query.parameters]);
  const db = new Kysely({ dialect: new lib.PostgresJSDialect({ postgres: lib.postgres(url) }), log });
  await sql`select ${1}::int`.execute(db);
  await db.transaction().execute((trx) => sql`select 2`.execute(trx));
  await sql`nothing`.execute(db).catch(() => {});
  await db.destroy();
  return events;
});

same('the end of the client, and a client that is used beside', async (lib, url) => {
  const client = lib.postgres(url);
  const db = new Kysely({ dialect: new lib.PostgresJSDialect({ postgres: client }) });
  const both = await Promise.all([client`select 1 as one`, sql`select 2 as two`.execute(db)]);
  await db.destroy();
  const late = await client`select 1`.catch((error) => error.code);
  return [[...both[0]], both[1].rows, late];
});

same('an unusable login', async (lib, url) => {
  const client = lib.postgres(url.replace(/:[^:@]+@/, ':wrong@'));
  const db = new Kysely({ dialect: new lib.PostgresJSDialect({ postgres: client }) });
  const { code } = await sql`select 1`.execute(db).catch((error) => error);
  await db.destroy();
  return /^(28P01|08P01)$/.test(code);
});

test('it is a dialect of kysely-postgres-js', () => {
  const dialect = new guarded.PostgresJSDialect({ postgres: database.direct.url });
  expect(dialect).toBeInstanceOf(bare.PostgresJSDialect);
});

test('`poolsafe` counts beside the options and inside them', async () => {
  const { url } = database.through('latest');
  const poolsafe = { allow: ['POOLSAFE_SET_CONFIG' as const] };
  for (const config of [{ postgres: url, poolsafe }, { postgres: { url, poolsafe } }]) {
    const db = new Kysely({ dialect: new guarded.PostgresJSDialect(config) });
    expect((await sql`select set_config('a.b', 'c', false) as c`.execute(db)).rows).toEqual([{ c: 'c' }]);
    await db.destroy();
  }
});

const url = 'postgres://app:hunter2@127.0.0.1:6432/shop';

const wrong: readonly [title: string, config: unknown, says: RegExp][] = [
  ['nothing', undefined, /not a client that poolsafe guards/],
  ['no client', {}, /not a client/],
  ['an empty URL', { postgres: '' }, /not a client/],
  ['a number', { postgres: 1 }, /not a client/],
  ['a client of postgres.js', { postgres: postgres(url) }, /`postgres\(\)` of '@poolsafe\/postgres'/],
  ['both a client and poolsafe', { postgres: safe(url), poolsafe: {} }, /both a client and `poolsafe`/],
  [
    'both a function and poolsafe',
    { postgres: () => safe(url), poolsafe: {} },
    /both a client and `poolsafe`/,
  ],
  ['a URL that is none', { postgres: 'hunter2' }, /URL/],
  ['a pooler nobody knows', { postgres: url, poolsafe: { pooler: 'pgbounce' } }, /"pgbounce"/],
  ['an option nobody knows', { postgres: { url, poolsafe: { poler: 1 } } }, /"poler"/],
  ['a startup parameter', { postgres: { url, connection: { statement_timeout: 1 } } }, /statement_timeout/],
];

for (const [title, config, says] of wrong) {
  test(`ConfigError | ${title}`, () => {
    let error: unknown;
    try {
      new guarded.PostgresJSDialect(config as never);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(says);
    expect((error as Error).message).not.toContain('hunter2');
  });
}

test('ConfigError | a function that gives a client of postgres.js, at each query', async () => {
  const db = new Kysely({
    dialect: new guarded.PostgresJSDialect({ postgres: (() => postgres(url)) as never }),
  });
  for (let i = 0; i < 2; i += 1) {
    const error = await sql`select 1`.execute(db).catch((error) => error);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(/not a client/);
  }
});
