import { EventEmitter, once } from 'node:events';
import { Pool } from '@poolsafe/pg';
import * as guarded from '@poolsafe/prisma';
import * as bare from '@prisma/adapter-pg';
import pg from 'pg';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';
import { client, type PrismaClient, tables } from './generated.ts';

const database = await openDatabase(
  inject('servers'),
  tables,
  `insert into "Author" (name) values ('Ada')`,
  "create type mood as enum ('glad', 'sad')",
  'create schema other; create table other."Author" (id serial primary key, name text unique not null)',
  `insert into other."Author" (name) values ('Olga'), ('Omar')`,
);
await database.admin(`alter role ${database.role} set timezone to 'UTC'`);
afterAll(() => database[Symbol.asyncDispose]());

/** What an application imports. */
interface Lib {
  readonly PrismaPg: new (
    config: pg.Pool | pg.PoolConfig | string,
    options?: ConstructorParameters<typeof bare.PrismaPg>[1],
  ) => bare.PrismaPg;
  readonly Pool: typeof pg.Pool;
}
const libs: readonly Lib[] = [{ ...bare, Pool: pg.Pool } as Lib, { ...guarded, Pool } as unknown as Lib];
const connect = (adapter: bare.PrismaPg): PrismaClient => new client.PrismaClient({ adapter });
const config = (url: string) => ({ connectionString: url, max: 1 });
const kill = `select pg_terminate_backend(pid, 5000) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid()`;

/** The same with the original and with the drop-in, without a pooler. */
function same(title: string, step: (lib: Lib, url: string) => Promise<unknown>, expected: unknown): void {
  test(title, async () => {
    for (const lib of libs) expect(await step(lib, database.direct.url)).toEqual(expected);
  });
}

same(
  'onPoolError: the loss of an idle connection',
  async ({ PrismaPg }, url) => {
    const errors = new EventEmitter();
    const lost = once(errors, 'lost');
    const onPoolError = (error: Error) => errors.emit('lost', error);
    const db = connect(new PrismaPg(config(url), { onPoolError }));
    await db.author.count();
    await database.admin(kill);
    const [{ message }] = await lost;
    const after = await db.author.count();
    await db.$disconnect();
    return [message, after];
  },
  ['terminating connection due to administrator command', 1],
);

same(
  'onConnectionError: the loss of a connection in a transaction',
  async ({ PrismaPg }, url) => {
    const errors = new EventEmitter();
    const lost = once(errors, 'lost');
    const onConnectionError = (error: Error) => errors.emit('lost', error);
    const adapter = await new PrismaPg(config(url), { onConnectionError }).connect();
    const transaction = await adapter.startTransaction();
    await database.admin(kill);
    const [{ message }] = await lost;
    await transaction.rollback().catch(() => {});
    await adapter.dispose();
    return message;
  },
  'terminating connection due to administrator command',
);

for (const disposeExternalPool of [undefined, false, true]) {
  same(
    `disposeExternalPool: ${disposeExternalPool}`,
    async ({ PrismaPg, Pool }, url) => {
      const pool = new Pool(config(url));
      const listeners = pool.listenerCount('error');
      const db = connect(
        new PrismaPg(pool, disposeExternalPool === undefined ? {} : { disposeExternalPool }),
      );
      const counts = [await db.author.count(), pool.totalCount];
      await db.$disconnect();
      const kept = disposeExternalPool || pool.listenerCount('error') === listeners;
      // It works again, with the pool or with another one of the same options.
      counts.push(await db.author.count(), pool.totalCount);
      await db.$disconnect();
      const seen = [counts, pool.ended, kept];
      if (!pool.ended) await pool.end();
      return seen;
    },
    [[1, 1, 1, disposeExternalPool ? 0 : 1], disposeExternalPool === true, true],
  );
}

same(
  'a pool that the adapter made is ended with it',
  async ({ PrismaPg }, url) => {
    const adapter = await new PrismaPg(config(url)).connect();
    await adapter.executeRaw({ sql: 'select 1', args: [], argTypes: [] });
    const { ended } = adapter.underlyingDriver();
    await adapter.dispose();
    return [ended, adapter.underlyingDriver().ended];
  },
  [false, true],
);

same(
  'two clients share an adapter and not a pool',
  async ({ PrismaPg }, url) => {
    const adapter = new PrismaPg(config(url));
    const [first, second] = [connect(adapter), connect(adapter)];
    const before = await Promise.all([first.author.count(), second.author.count()]);
    await first.$disconnect();
    const after = await second.author.count();
    await second.$disconnect();
    return [before, after];
  },
  [[1, 1], 1],
);

same(
  'userDefinedTypeParser',
  async ({ PrismaPg }, url) => {
    const userDefinedTypeParser = async (oid: number, value: unknown, queryable: { queryRaw: unknown }) =>
      `${oid >= 16384} ${value} ${typeof queryable.queryRaw}`;
    const db = connect(new PrismaPg(config(url), { userDefinedTypeParser }));
    const rows = await db.$queryRaw`select 'glad'::mood as mood, 'text' as text`;
    await db.$disconnect();
    return rows;
  },
  [{ mood: 'true glad function', text: 'text' }],
);

same(
  'schema',
  async ({ PrismaPg }, url) => {
    const db = connect(new PrismaPg(config(url), { schema: 'other' }));
    const names = await db.author.findMany({ select: { name: true }, orderBy: { id: 'asc' } });
    await db.$disconnect();
    return names;
  },
  [{ name: 'Olga' }, { name: 'Omar' }],
);

test('the options of a pool of the original survive', async () => {
  const { url } = database.direct;
  const { host, port, user, database: name, password } = new pg.Client(url);
  const parts = Object.freeze({ host, port, user, database: name, password, max: 1 } as pg.PoolConfig);
  for (const given of [parts, parts, new pg.Pool(parts).options as pg.PoolConfig]) {
    const db = connect(new guarded.PrismaPg(given));
    expect(await db.author.count()).toBe(1);
    await db.$disconnect();
  }
});
