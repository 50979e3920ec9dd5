// Checked by the compiler alone: that the import can be swapped, and that mistakes are still mistakes.

import type * as named from '@poolsafe/postgres';
import type { Options, Plan, Postgres, Row, SessionSql, Sql, TransactionSql } from '@poolsafe/postgres';
import poolsafe from '@poolsafe/postgres';
import bare from 'postgres';
import { expectTypeOf, test } from 'vitest';

declare const sql: Sql;
interface User {
  id: number;
  name: string;
}

test('a guarded client goes wherever one of postgres.js does', () => {
  expectTypeOf(sql).toExtend<bare.Sql>();
  expectTypeOf(poolsafe).toExtend<(url: string, options?: bare.Options<Record<never, never>>) => bare.Sql>();
  expectTypeOf<bare.Options<Record<never, never>>>().toExtend<Options>();
  expectTypeOf(poolsafe).toEqualTypeOf<Postgres>();
  expectTypeOf(poolsafe()).toEqualTypeOf<Sql>();
  expectTypeOf(poolsafe('', { max: 1, poolsafe: { pooler: 'direct' } })).toEqualTypeOf<Sql>();
  expectTypeOf(sql.poolsafe).toEqualTypeOf<Plan>();
});

test('the direct lane', () => {
  expectTypeOf(sql.session((own) => own`select 1`)).resolves.toExtend<readonly bare.Row[]>();
  expectTypeOf(sql.session(async () => 7)).resolves.toEqualTypeOf<number>();
  sql.session((own) => {
    expectTypeOf(own).toEqualTypeOf<SessionSql>();
    return own.begin((tx) => tx`select 1`);
  });
  sql.withAdvisoryLock('k', (own, lost) => {
    expectTypeOf(own).toEqualTypeOf<bare.ISql>();
    expectTypeOf(lost).toEqualTypeOf<AbortSignal>();
  });
  sql.withAdvisoryLock(1n, (tx) => tx.savepoint((own) => own`select 1`), { scope: 'transaction' });
  sql.withAdvisoryLock(1, (own) => own.begin((tx) => tx`select 1`), { scope: 'session' });
});

test('every static member', () => {
  expectTypeOf<keyof typeof bare>().toExtend<keyof typeof poolsafe>();
  expectTypeOf(poolsafe.BigInt).toEqualTypeOf<bare.PostgresType<bigint>>();
  expectTypeOf(poolsafe.camel).toEqualTypeOf<typeof bare.camel>();
  expectTypeOf(poolsafe.toPascal('a')).toEqualTypeOf<string>();
  expectTypeOf(poolsafe.fromKebab.column.to('a')).toEqualTypeOf<string>();
  expectTypeOf(poolsafe.PostgresError).toEqualTypeOf<typeof bare.PostgresError>();
});

test('the default export, as value and as namespace', () => {
  const client: poolsafe.Sql = poolsafe('postgres://localhost');
  expectTypeOf(client).toEqualTypeOf<Sql>();
  expectTypeOf<poolsafe.Sql<{ big: bigint }>>().toEqualTypeOf<Sql<{ big: bigint }>>();
  expectTypeOf<poolsafe.Options>().toEqualTypeOf<Options>();
  expectTypeOf<poolsafe.Options<{ big: bare.PostgresType<bigint> }>>().toExtend<
    bare.Options<{ big: bare.PostgresType<bigint> }>
  >();
  expectTypeOf<poolsafe.TransactionSql>().toEqualTypeOf<bare.TransactionSql>();
  expectTypeOf<poolsafe.ReservedSql<{ big: bigint }>>().toEqualTypeOf<bare.ReservedSql<{ big: bigint }>>();
  expectTypeOf<poolsafe.ISql>().toEqualTypeOf<bare.ISql>();
  expectTypeOf<poolsafe.Row>().toEqualTypeOf<bare.Row>();
  expectTypeOf<poolsafe.RowList<User[]>>().toEqualTypeOf<bare.RowList<User[]>>();
  expectTypeOf<poolsafe.PendingQuery<User[]>>().toEqualTypeOf<bare.PendingQuery<User[]>>();
  expectTypeOf<poolsafe.Fragment>().toEqualTypeOf<bare.Fragment>();
  expectTypeOf<poolsafe.Helper<User>>().toEqualTypeOf<bare.Helper<User>>();
  expectTypeOf<poolsafe.Parameter>().toEqualTypeOf<bare.Parameter>();
  expectTypeOf<poolsafe.JSONValue>().toEqualTypeOf<bare.JSONValue>();
  expectTypeOf<poolsafe.PostgresType>().toEqualTypeOf<bare.PostgresType>();
  expectTypeOf<poolsafe.PostgresError>().toEqualTypeOf<bare.PostgresError>();
  expectTypeOf<poolsafe.Error>().toEqualTypeOf<bare.Error>();
  expectTypeOf<poolsafe.ListenMeta>().toEqualTypeOf<bare.ListenMeta>();
  expectTypeOf<poolsafe.ReplicationEvent>().toEqualTypeOf<bare.ReplicationEvent>();
  const error: unknown = undefined;
  if (error instanceof poolsafe.PostgresError) expectTypeOf(error).toEqualTypeOf<bare.PostgresError>();
});

test('the types that postgres.js exports by their names', () => {
  expectTypeOf<Row>().toEqualTypeOf<bare.Row>();
  expectTypeOf<TransactionSql>().toEqualTypeOf<bare.TransactionSql>();
  expectTypeOf<named.PendingQuery<User[]>>().toEqualTypeOf<bare.PendingQuery<User[]>>();
  expectTypeOf<named.PostgresError>().toEqualTypeOf<bare.PostgresError>();
  expectTypeOf<named.ParsedOptions>().toEqualTypeOf<bare.ParsedOptions>();
});

test('queries and their results', () => {
  expectTypeOf(sql<User[]>`select * from users`).resolves.toEqualTypeOf<bare.RowList<User[]>>();
  expectTypeOf(sql<[User?]>`select * from users`).resolves.toEqualTypeOf<bare.RowList<[User?]>>();
  expectTypeOf(sql`select 1`).resolves.toEqualTypeOf<bare.RowList<Row[]>>();
  expectTypeOf(sql.unsafe<User[]>('', [1], { prepare: true })).resolves.toEqualTypeOf<bare.RowList<User[]>>();
  expectTypeOf(sql.file<User[]>('', [1])).resolves.toEqualTypeOf<bare.RowList<User[]>>();
  expectTypeOf(sql<User[]>``.describe()).resolves.toEqualTypeOf<bare.Statement>();
  expectTypeOf(sql<User[]>``.values()).toEqualTypeOf<bare.PendingValuesQuery<User[]>>();
  expectTypeOf(sql<User[]>``.cursor(10)).toExtend<AsyncIterable<User[]>>();
  expectTypeOf(sql.begin((tx) => tx<User[]>``)).resolves.toExtend<User[]>();
  expectTypeOf(
    sql.begin('read only', async (tx) => tx.savepoint('a', () => 'x' as string)),
  ).resolves.toBeString();
  expectTypeOf(sql.reserve()).resolves.toEqualTypeOf<bare.ReservedSql>();
  expectTypeOf(sql.listen('x', (message) => message.length)).toEqualTypeOf<bare.ListenRequest>();
  expectTypeOf(sql({ id: 1, name: 'x' }, 'id')).toEqualTypeOf<
    bare.Helper<{ id: number; name: string }, ['id']>
  >();
  expectTypeOf(sql.options.max).toBeNumber();
  expectTypeOf(sql.end({ timeout: 5 })).resolves.toBeVoid();
});

test('types of one’s own', () => {
  const typed = poolsafe('', {
    types: {
      point: {
        to: 600,
        from: [600],
        serialize: (p: [number, number]) => `${p}`,
        parse: (): [number, number] => [0, 0],
      },
    },
  });
  expectTypeOf(typed).toEqualTypeOf<Sql<{ point: [number, number] }>>();
  expectTypeOf(typed.types.point([1, 2])).toEqualTypeOf<bare.Parameter<[number, number]>>();
  const big = poolsafe({ types: { bigint: poolsafe.BigInt } });
  expectTypeOf(big`select ${2n}`).resolves.toEqualTypeOf<bare.RowList<Row[]>>();
});

test('mistakes', () => {
  // @ts-expect-error
  poolsafe('', { poolsafe: { pooler: 'pgbounce' } });
  // @ts-expect-error
  poolsafe('', { poolsafe: { poler: 'direct' } });
  // @ts-expect-error
  poolsafe({ poolsafe: { onHazard: 'ignore' } });
  // @ts-expect-error
  poolsafe({ poolsafe: { allow: ['SET'] } });
  // @ts-expect-error
  poolsafe({ maximum: 1 });
  // @ts-expect-error
  poolsafe(1);
  // @ts-expect-error
  sql`select ${{ a: Symbol('a') }}`;
  // @ts-expect-error
  sql<User[]>``.then(([user]) => user?.nothing);
  // @ts-expect-error
  sql.types.point([1, 2]);
  // @ts-expect-error
  sql.poolsafe.keepsNames = true;
  // @ts-expect-error
  bare({ poolsafe: {} });
});
