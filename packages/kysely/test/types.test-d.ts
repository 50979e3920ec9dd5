// Checked by the compiler alone: that the import can be swapped, and that mistakes are still mistakes.
import { PostgresDialect, type PostgresDialectConfig } from '@poolsafe/kysely';
import { PostgresJSDialect, type PostgresJSDialectConfig } from '@poolsafe/kysely/postgres-js';
import { Pool } from '@poolsafe/pg';
import postgres from '@poolsafe/postgres';
import * as bare from 'kysely';
import type * as barePostgresJS from 'kysely-postgres-js';
import pg from 'pg';
import Cursor from 'pg-cursor';
import postgresjs from 'postgres';
import { expectTypeOf, test } from 'vitest';

interface Tables {
  note: { id: number };
}

const url = 'postgres://app@db/shop';
const connection = { connectionString: url, max: 1 };
const pool = new Pool(connection);
const sql = postgres(url);

test('each way to give a pool or a client', () => {
  new PostgresDialect({ pool });
  new PostgresDialect({ pool, cursor: Cursor, onReserveConnection: async (connection) => void connection });
  new PostgresDialect({ pool: async () => pool });
  new PostgresDialect({ pool: connection, poolsafe: { pooler: 'pgbouncer' } });
  new PostgresDialect({ pool: { ...connection, poolsafe: {} }, onCreateConnection: async () => {} });
  new PostgresJSDialect({ postgres: sql });
  new PostgresJSDialect({ postgres: () => sql });
  new PostgresJSDialect({ postgres: async () => sql, onReserveConnection: async () => {} });
  new PostgresJSDialect({ postgres: url, poolsafe: { allow: ['POOLSAFE_LISTEN'] } });
  new PostgresJSDialect({ postgres: { url, max: 1, poolsafe: { pooler: 'direct' } } });
});

test('it goes wherever those of kysely do', () => {
  expectTypeOf<PostgresDialect>().toExtend<bare.PostgresDialect>();
  expectTypeOf<PostgresJSDialect>().toExtend<barePostgresJS.PostgresJSDialect>();
  const db = new bare.Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  expectTypeOf(db.selectFrom('note').selectAll().execute()).resolves.toEqualTypeOf<{ id: number }[]>();
  expectTypeOf<keyof PostgresDialectConfig>().toEqualTypeOf<keyof bare.PostgresDialectConfig | 'poolsafe'>();
  expectTypeOf<keyof PostgresJSDialectConfig>().toEqualTypeOf<
    keyof barePostgresJS.PostgresJSDialectConfig | 'poolsafe'
  >();
});

test('mistakes', () => {
  // @ts-expect-error
  new PostgresDialect();
  // @ts-expect-error
  new PostgresDialect({});
  // @ts-expect-error
  new PostgresDialect({ pool: url });
  // @ts-expect-error
  new PostgresDialect({ pool: new pg.Pool(connection) });
  // @ts-expect-error
  new PostgresDialect({ pool: async () => new pg.Pool(connection) });
  // @ts-expect-error
  new PostgresDialect({ pool, cursors: Cursor });
  // @ts-expect-error
  new PostgresDialect({ pool: connection, poolsafe: { pooler: 'pgbounce' } });
  // @ts-expect-error
  new PostgresJSDialect();
  // @ts-expect-error
  new PostgresJSDialect({});
  // @ts-expect-error
  new PostgresJSDialect({ postgres: process.env.DATABASE_URL });
  // @ts-expect-error
  new PostgresJSDialect({ postgres: postgresjs(url) });
  // @ts-expect-error
  new PostgresJSDialect({ postgres: () => postgresjs(url) });
  // @ts-expect-error
  new PostgresJSDialect({ postgres: { url, poolsafe: { poler: 'direct' } } });
});
