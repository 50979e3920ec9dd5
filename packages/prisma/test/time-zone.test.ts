import { Client, Pool } from '@poolsafe/pg';
import { ConfigError, PrismaPg, UtcClient } from '@poolsafe/prisma';
import * as bare from '@prisma/adapter-pg';
import type pg from 'pg';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase, type Route } from '../../pg/test/database.ts';
import { client, type PrismaClient, tables } from './generated.ts';

const database = await openDatabase(inject('servers'), tables, `insert into "Author" (name) values ('Ada')`);
await database.admin(`alter database ${database.role} set timezone to 'Asia/Tokyo'`);
afterAll(() => database[Symbol.asyncDispose]());

const at = new Date('2026-01-01T00:00:00.123Z');

interface Printed {
  readonly id: number;
  readonly printed: Date;
}

/** What is stored and read of a time, by a model and in raw SQL, alone and in a transaction. */
async function times(adapter: InstanceType<typeof bare.PrismaPg>): Promise<readonly unknown[]> {
  const db: PrismaClient = new client.PrismaClient({ adapter });
  const data = { title: 'x', printed: at, authorId: 1 };
  const { id, printed } = await db.book.create<Printed>({ data });
  const [raw] = await db.$queryRaw<
    Printed[]
  >`select id, printed from "Book" where printed = ${at} and id = ${id}`;
  const inside = await db.$transaction((tx) => tx.book.findFirst<Printed>({ where: { id, printed: at } }));
  const [written] = await db.$queryRaw<
    Printed[]
  >`update "Book" set printed = ${at} where id = ${id} returning printed`;
  await db.$disconnect();
  const [stored] = await database.admin('select printed from "Book" where id = $1', [id]);
  return [stored?.printed, printed, raw?.printed, inside?.printed, written?.printed];
}

const right = [at, at, at, at, at];

test('the original stores another time than was meant, and reads it back as if it were right', async () => {
  const [stored, ...read] = await times(new bare.PrismaPg({ connectionString: database.direct.url }));
  expect(stored).toEqual(new Date('2025-12-31T15:00:00.123Z'));
  expect(read).toEqual([at, at, at, at]);
});

for (const { name, url } of database.routes) {
  test(`a time is stored as it was meant | ${name}`, async () => {
    expect(await times(new PrismaPg({ connectionString: url }))).toEqual(right);
    expect(await times(new PrismaPg(url, { poolsafe: {} }))).toEqual(right);
  });

  test(`with a pool of one's own | ${name}`, async () => {
    const pool = new Pool({ connectionString: url, Client: UtcClient });
    const adapter = new PrismaPg(pool);
    // As with the original, nothing connects before the first query.
    await adapter.connect();
    expect(pool.totalCount).toBe(0);
    expect(await times(adapter)).toEqual(right);
    await pool.end();
  });

  test(`a pool of one's own that is not in UTC is refused, and no connection is lost to it | ${name}`, async () => {
    const pool = new Pool({ connectionString: url });
    const listeners = pool.listenerCount('error');
    const db: PrismaClient = new client.PrismaClient({ adapter: new PrismaPg(pool) });
    const error = await db.author.count().catch((error: Error & { code?: string }) => error);
    expect(error).toMatchObject({
      code: 'POOLSAFE_CONFIG',
      message: expect.stringMatching(/not in UTC.*UtcClient/s),
    });
    expect([pool.totalCount, pool.listenerCount('error')]).toEqual([pool.idleCount, listeners]);
    await db.$disconnect();
    await pool.end();
    await expect(new PrismaPg(new Pool({ connectionString: url })).connect()).rejects.toBeInstanceOf(
      ConfigError,
    );
  });
}

test('whatever the options say', async () => {
  const given = { connectionString: database.direct.url, poolsafe: { pooler: 'direct' } } as const;
  const options = '-c TimeZone=America/New_York';
  expect(await times(new PrismaPg({ ...given, options }))).toEqual(right);
  class Mine extends Client {}
  const adapter = new PrismaPg({ ...given, Client: Mine });
  expect(await times(adapter)).toEqual(right);
  const pool = (await adapter.connect()).underlyingDriver();
  const checkedOut: pg.PoolClient = await pool.connect();
  expect(checkedOut).toBeInstanceOf(Mine);
  checkedOut.release();
  await pool.end();
});

/** Places that are in UTC for half of the year, and all of it. */
test.each([
  ['Europe/London', false],
  ['Etc/GMT', true],
] as const)('a pool whose sessions are in %s', async (zone, isUtc) => {
  const { url } = database.through('latest') satisfies Route;
  const pool = new Pool({
    connectionString: url,
    options: `-c TimeZone=${zone}`,
    poolsafe: { pooler: 'pgbouncer-1.26' },
  });
  const connected = new PrismaPg(pool).connect();
  if (isUtc) await (await connected).dispose();
  else await expect(connected).rejects.toThrow('not in UTC');
  await pool.end();
});
