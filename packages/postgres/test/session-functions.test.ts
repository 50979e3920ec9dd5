import postgres from '@poolsafe/postgres';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';

const database = await openDatabase(inject('servers'));
afterAll(() => database[Symbol.asyncDispose]());

const pooled = database.through('latest').url;
const direct = database.direct.url;

test('listen() goes to the direct lane, and ends with the client', async () => {
  const sql = postgres(pooled, { poolsafe: { direct } });
  const heard: string[] = [];
  const { unlisten } = await sql.listen('news', (payload) => heard.push(payload));
  await sql.notify('news', 'first');
  await expect.poll(() => heard).toEqual(['first']);
  await unlisten();
  await sql.end();
  await expect
    .poll(() =>
      database.admin(
        `select 1 from pg_stat_activity where query ilike '%listen%' and usename = '${database.role}'`,
      ),
    )
    .toEqual([]);
});

test('listen() listens again when the connection of the direct lane is lost', async () => {
  const sql = postgres(pooled, { poolsafe: { direct } });
  const heard: string[] = [];
  let listening = 0;
  await sql.listen(
    'news',
    (payload) => heard.push(payload),
    () => {
      listening += 1;
    },
  );
  await database.admin(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query ilike 'listen%'",
  );
  await expect.poll(() => listening, { timeout: 5000 }).toBe(2);
  await sql.notify('news', 'after');
  await expect.poll(() => heard).toEqual(['after']);
  await sql.end();
});

test('without a direct lane, listen() and subscribe() are refused', async () => {
  const sql = postgres(pooled);
  await expect(sql.listen('news', () => {})).rejects.toMatchObject({ code: 'POOLSAFE_LISTEN' });
  await expect(sql.subscribe('*', () => {})).rejects.toMatchObject({
    code: 'POOLSAFE_CONFIG',
    message: expect.stringContaining('poolsafe: { direct'),
  });
  await sql.end();
});

test('where there is no pooler, listen() needs no direct lane', async () => {
  const sql = postgres(direct, { poolsafe: { pooler: 'direct' } });
  const heard: string[] = [];
  await sql.listen('news', (payload) => heard.push(payload));
  await sql.notify('news', 'first');
  await expect.poll(() => heard).toEqual(['first']);
  await sql.end();
});

test('one statement may have a policy of its own', async () => {
  const sql = postgres(pooled);
  const text = "select set_config('app.one', 'x', true)";
  const allow = { poolsafe: { allow: ['POOLSAFE_LOCAL_OUTSIDE_TRANSACTION'] } } as never;
  await expect(sql.unsafe(text)).rejects.toMatchObject({ code: 'POOLSAFE_LOCAL_OUTSIDE_TRANSACTION' });
  expect(await sql.unsafe(text, [], allow)).toEqual([{ set_config: 'x' }]);
  await expect(sql.unsafe(text, [], { poolsafe: { allow: ['no'] } } as never)).rejects.toMatchObject({
    code: 'POOLSAFE_CONFIG',
  });
  await sql.end();
});
