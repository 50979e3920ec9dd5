import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import poolsafe from '@poolsafe/postgres';
import { startPostgres } from '@poolsafe/stack';
import postgres from 'postgres';
import { afterAll, expect, test } from 'vitest';
import { connect, type Lib, type Route, type Sql } from './lib.ts';
import { codeOf } from './shape.ts';
import { until } from './wait.ts';

const folder = await mkdtemp(join(tmpdir(), 'poolsafe-'));
// The server is another user.
await chmod(folder, 0o777);
const server = await startPostgres({
  settings: { max_prepared_transactions: 2, wal_level: 'logical', unix_socket_directories: folder },
});
const { user, password, port } = server.address;
const url = server.url();
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

const bare = connect(postgres, { name: 'the original', url });
await bare`create table note (id int primary key)`;
await bare`create publication alltables for table note`;
afterAll(() => bare.end());

const guarded = poolsafe as unknown as Lib;
const subjects: readonly (readonly [Lib, Route])[] = [
  [postgres, { name: 'the original', url }],
  [guarded, { name: 'direct', url, poolsafe: { pooler: 'direct' } }],
  [guarded, { name: 'unknown, with a direct lane', url, poolsafe: { direct: url } }],
];

for (const [lib, route] of subjects) {
  test(`two-phase commit | ${route.name}`, async () => {
    const sql = connect(lib, route, { max: 2 });
    const given = await sql.begin(async (tx) => {
      await tx`insert into note values (1)`;
      await tx.prepare('a-b_c.d 1');
      return 'given';
    });
    expect(given).toBe('given');
    expect([...(await sql`select gid from pg_prepared_xacts`)]).toEqual([{ gid: 'a-b_c.d 1' }]);
    expect((await sql`select * from note`).length).toBe(0);
    await sql`commit prepared 'a-b_c.d 1'`;
    expect((await sql`delete from note returning *`).length).toBe(1);
    await sql.end();
  });

  test(`a unix socket | ${route.name}`, async () => {
    const { poolsafe } = route;
    const common = { user, password, database: 'postgres', port, ...(poolsafe && { poolsafe }) };
    const ways = [{ host: folder }, { path: join(folder, `.s.PGSQL.${port}`) }];
    for (const way of ways) {
      const sql = lib({ ...common, ...way } as postgres.Options<never>) as unknown as Sql;
      const [row] = await sql`select inet_client_addr() as address`;
      expect(row?.address).toBe(null);
      await sql.end();
    }
  });

  test(`a unix socket that is not there | ${route.name}`, async () => {
    const { poolsafe } = route;
    const options = { user, host: join(folder, 'nothing'), port, backoff: 0, ...(poolsafe && { poolsafe }) };
    const sql = lib(options as unknown as postgres.Options<never>) as unknown as Sql;
    expect(await codeOf(() => sql`select 1`)).toBe('ENOENT');
    await sql.end();
  });

  test(`subscribe | ${route.name}`, async () => {
    const sql = connect(lib, route, { max: 2 });
    const seen: unknown[] = [];
    const { unsubscribe } = await sql.subscribe(
      'insert:note',
      (row, { command }) => seen.push([command, row]),
      () => seen.push('subscribed'),
    );
    await sql`insert into note values (5)`;
    await until(() => seen.length === 2);
    expect(seen).toEqual(['subscribed', ['insert', { id: 5 }]]);
    await sql`delete from note`;
    unsubscribe();
    await sql.end({ timeout: 1 });
  });
}

test('a name that is no literal', async () => {
  const sql = connect(guarded, { name: '', url, poolsafe: { pooler: 'direct' } });
  await sql.begin((tx) => tx.prepare("it's"));
  expect([...(await sql`select gid from pg_prepared_xacts`)]).toEqual([{ gid: 'its' }]);
  await sql`rollback prepared 'its'`;
  await sql.end();
  const original = connect(postgres, { name: '', url });
  // The range $-_ of its expression has the quote in it.
  expect(await codeOf(() => original.begin((tx) => tx.prepare("it's")))).toBe('42601');
  await original.end({ timeout: 0 });
});
