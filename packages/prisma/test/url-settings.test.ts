import { once } from 'node:events';
import { Pool } from '@poolsafe/pg';
import { PrismaPg } from '@poolsafe/prisma';
import type pg from 'pg';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';
import { client, type PrismaClient, tables } from './generated.ts';

const database = await openDatabase(
  inject('servers'),
  tables,
  `insert into "Author" (name) values ('Ada')`,
  'create schema other; create table other."Author" (id serial primary key, name text unique not null)',
  `insert into other."Author" (name) values ('Olga'), ('Omar')`,
);
await database.admin(`alter role ${database.role} set timezone to 'UTC'`);
afterAll(() => database[Symbol.asyncDispose]());

async function connected(adapter: PrismaPg): Promise<{ pool: pg.Pool; options: Record<string, unknown> }> {
  const pool = (await adapter.connect()).underlyingDriver();
  return { pool, options: pool.options as unknown as Record<string, unknown> };
}

const base = 'postgres://app:p%40ss@127.0.0.1:6432/shop';

const meanings: readonly [query: string, config: pg.PoolConfig, options: object][] = [
  ['connection_limit=3', {}, { max: 3 }],
  ['connection_limit=3', { max: 7 }, { max: 7 }],
  ['pool_timeout=4', {}, { connectionTimeoutMillis: 4000 }],
  ['connect_timeout=9', {}, { connectionTimeoutMillis: 9000 }],
  ['pool_timeout=4&connect_timeout=9', {}, { connectionTimeoutMillis: 4000 }],
  ['pool_timeout=4', { connectionTimeoutMillis: 1 }, { connectionTimeoutMillis: 1 }],
  ['pool_timeout=0', {}, { connectionTimeoutMillis: 0 }],
  ['socket_timeout=2', {}, { query_timeout: 2000 }],
  ['max_idle_connection_lifetime=60', {}, { idleTimeoutMillis: 60_000 }],
  ['max_connection_lifetime=60', {}, { maxLifetimeSeconds: 60 }],
  [
    'pgbouncer=true&statement_cache_size=0',
    {},
    { max: 10, connectionString: `${base}?pgbouncer=true&statement_cache_size=0` },
  ],
  ['', {}, { max: 10 }],
];

test.each(meanings)('%s with %o', async (query, config, options) => {
  const connectionString = `${base}?${query}`;
  const given = await connected(new PrismaPg({ connectionString, ...config }));
  expect(given.options).toMatchObject(options);
  if (Object.keys(config).length > 0) return;
  expect((await connected(new PrismaPg(connectionString))).options).toMatchObject(options);
});

const certificates: readonly [query: string, ssl: unknown][] = [
  ['sslmode=require&sslaccept=accept_invalid_certs', { rejectUnauthorized: false }],
  ['sslaccept=accept_invalid_certs&sslmode=verify-full', { rejectUnauthorized: false }],
  ['sslmode=require&uselibpqcompat=true&sslaccept=strict', {}],
  ['sslmode=disable&sslaccept=strict', false],
  ['sslaccept=accept_invalid_certs', false],
  ['sslmode=verify-full', {}],
];

test.each(certificates)('%s', async (query, ssl) => {
  const { options } = await connected(new PrismaPg(`${base}?${query}`));
  const made = new (options.Client as typeof pg.Client)(options as pg.ClientConfig);
  expect(made.ssl).toEqual(ssl);
  expect(made.password).toBe('p@ss');
});

for (const { name, url } of database.routes) {
  test(`every parameter at once is no startup parameter, and schema counts | ${name}`, async () => {
    const query =
      'schema=other&pgbouncer=true&connection_limit=2&pool_timeout=5&connect_timeout=5&socket_timeout=5' +
      '&statement_cache_size=0&sslaccept=strict&max_idle_connection_lifetime=9&max_connection_lifetime=9';
    const pool = new Pool({ connectionString: `${url}?${query}` });
    const adapters = [
      new PrismaPg(`${url}?${query}`),
      new PrismaPg({ connectionString: `${url}?${query}` }),
      new PrismaPg(pool),
    ];
    for (const adapter of adapters) {
      const db: PrismaClient = new client.PrismaClient({ adapter });
      expect(await db.author.findMany({ select: { name: true }, orderBy: { id: 'asc' } })).toEqual([
        { name: 'Olga' },
        { name: 'Omar' },
      ]);
      // Only what Prisma generates is qualified: nothing is set for the session.
      expect(await db.$queryRaw`select current_setting('search_path') as path`).toEqual([
        { path: '"$user", public' },
      ]);
      await db.$disconnect();
    }
    await pool.end();
  });
}

test('an explicit schema wins', async () => {
  const db: PrismaClient = new client.PrismaClient({
    adapter: new PrismaPg(`${database.direct.url}?schema=other`, { schema: 'public' }),
  });
  expect(await db.author.findMany({ select: { name: true } })).toEqual([{ name: 'Ada' }]);
  await db.$disconnect();
});

test('what means nothing to pg is said once, without the URL', async () => {
  const warned: Error[] = [];
  const note = (warning: Error) => warned.push(warning);
  process.on('warning', note);
  const url = `${base}?statement_cache_size=7&sslidentity=hunter2&sslpassword=hunter2&pgbouncer=true`;
  for (let i = 0; i < 3; i += 1) new PrismaPg(url);
  const [warning] = await once(process, 'warning');
  process.off('warning', note);
  expect(warned).toEqual([warning]);
  expect(warning).toMatchObject({ name: 'PoolsafeWarning', code: 'POOLSAFE_URL_PARAMETER' });
  expect(warning.message).toBe(
    'The connection URL has parameters that mean nothing to pg and are left out: statement_cache_size, sslidentity, sslpassword.',
  );
});
