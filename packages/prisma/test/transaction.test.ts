import { Pool } from '@poolsafe/pg';
import { PrismaPg, UtcClient } from '@poolsafe/prisma';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';
import { client, type PrismaClient } from './generated.ts';

const database = await openDatabase(
  inject('servers'),
  'create table once (n int unique deferrable initially deferred)',
);
afterAll(() => database[Symbol.asyncDispose]());

const kill = `select pg_terminate_backend(pid, 5000) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid()`;

for (const { name, url } of database.routes) {
  test(`a connection comes back when COMMIT fails, and when ROLLBACK does | ${name}`, async () => {
    const pool = new Pool({ connectionString: url, max: 1, Client: UtcClient });
    const db: PrismaClient = new client.PrismaClient({ adapter: new PrismaPg(pool) });
    const twice = db.$transaction(async (tx) => {
      await tx.$executeRawUnsafe('insert into once values (1), (1)');
    });
    await expect(twice).rejects.toThrow('UniqueConstraintViolation');
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
    const lost = db.$transaction(async (tx) => {
      await tx.$executeRawUnsafe('insert into once values (2)');
      await database.admin(kill);
      await tx.$executeRawUnsafe('insert into once values (3)');
    });
    await expect(lost).rejects.toThrow();
    expect([pool.totalCount, pool.idleCount]).toEqual([0, 0]);
    expect(await db.$queryRawUnsafe('select count(*)::int as n from once')).toEqual([{ n: 0 }]);
    await db.$disconnect();
    await pool.end();
  });

  test(`nothing is sent for a transaction that has ended | ${name}`, async () => {
    const pool = new Pool({ connectionString: url, max: 1, Client: UtcClient });
    const db: PrismaClient = new client.PrismaClient({ adapter: new PrismaPg(pool) });
    const work = db.$transaction(async (tx) => {
      await tx.$executeRawUnsafe('insert into once values (5), (5)');
      await tx.$executeRawUnsafe('COMMIT').catch(() => {});
      await tx.$executeRawUnsafe('insert into once values (6)');
    });
    await expect(work).rejects.toThrow(/constraint|Constraint|23505/);
    expect(await db.$queryRawUnsafe('select count(*)::int as n from once')).toEqual([{ n: 0 }]);
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
    await db.$disconnect();
    await pool.end();
  });

  test(`a connection never comes back inside a transaction, nor twice | ${name}`, async () => {
    const pool = new Pool({ connectionString: url, max: 1, Client: UtcClient });
    const adapter = await new PrismaPg(pool).connect();
    // As Prisma gives up a transaction that began too late: without ROLLBACK.
    const late = await adapter.startTransaction();
    await late.executeRaw({ sql: 'insert into once values (4)', args: [], argTypes: [] });
    await Promise.all([late.rollback(), late.rollback()]);
    const next = await adapter.startTransaction();
    const { rows } = await next.queryRaw({ sql: 'select n from once', args: [], argTypes: [] });
    await next.executeRaw({ sql: 'COMMIT', args: [], argTypes: [] });
    await next.commit();
    expect(rows).toEqual([]);
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
    await expect(next.executeRaw({ sql: 'select 1', args: [], argTypes: [] })).rejects.toThrow('has ended');
    await expect(next.queryRaw({ sql: 'select 1', args: [], argTypes: [] })).rejects.toThrow('has ended');
    await adapter.dispose();
    await pool.end();
  });
}
