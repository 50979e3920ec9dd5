import postgres from '@poolsafe/postgres';
import { afterAll, expect, inject, test } from 'vitest';
import { openDatabase } from '../../pg/test/database.ts';

const database = await openDatabase(
  inject('servers'),
  `create function lose() returns int language plpgsql as $$ begin execute 'deallocate all'; return 1; end $$`,
);
afterAll(() => database[Symbol.asyncDispose]());

// Where there is no pooler, statements that repeat are named.
const open = (max: number) =>
  postgres(database.direct.url, { max, poolsafe: { pooler: 'direct' }, onnotice: () => {} });

test('a statement that is missing runs again, with its values as they are', async () => {
  const sql = open(1);
  const values = (flag: boolean) =>
    sql`select ${flag}::boolean as flag, ${sql.json({ a: 1 })}::jsonb as data, ${Buffer.from('ab')}::bytea as bytes`;
  const expected = [{ flag: true, data: { a: 1 }, bytes: Buffer.from('ab') }];
  for (let n = 0; n < 3; n += 1) expect(await values(true)).toEqual(expected);
  expect((await values(true)).statement.name).not.toBe('');
  await sql`select lose()`;
  expect(await values(true)).toEqual(expected);
  await sql.end();
});

test('a statement whose result has changed runs again', async () => {
  await database.admin('create table public.shape as select 1 as a');
  await database.admin(`alter table public.shape owner to ${database.role}`);
  const sql = open(1);
  const read = () => sql`select * from shape where a = ${1}`;
  for (let n = 0; n < 3; n += 1) expect(await read()).toEqual([{ a: 1 }]);
  await database.admin('alter table public.shape add b int');
  const many = await Promise.all(Array.from({ length: 50 }, read));
  expect(many).toEqual(Array(50).fill([{ a: 1, b: null }]));
  await sql.end();
});

test('inside a transaction the error stands, and the next transaction works', async () => {
  const sql = open(1);
  const insert = (tx: postgres.ISql, n: number) => tx`insert into kept values (${n}) returning n`;
  await sql`create table kept (n int)`;
  for (let n = 1; n <= 3; n += 1) await sql.begin((tx) => insert(tx, n));
  await sql`select lose()`;
  await expect(sql.begin((tx) => insert(tx, 4))).rejects.toMatchObject({ code: '26000' });
  expect(await sql.begin((tx) => insert(tx, 5))).toEqual([{ n: 5 }]);
  expect(await sql`select n from kept order by n`).toEqual([1, 2, 3, 5].map((n) => ({ n })));
  await sql.end();
});

test('a statement that failed in a function is not run again', async () => {
  const sql = open(1);
  await sql.unsafe(`
    create table changing as select 1 as a;
    create sequence calls;
    create function count_and_read() returns boolean language plpgsql as $$ begin
      perform nextval('calls');
      execute 'execute read';
      return true;
    end $$;
    prepare read as select * from changing;`);
  const call = () => sql`select count_and_read() = ${true} as done`;
  expect(await call()).toEqual([{ done: true }]);
  await sql`alter table changing add b int`;
  await expect(call()).rejects.toMatchObject({ code: '0A000', routine: 'RevalidateCachedQuery' });
  // Sequences are not rolled back.
  expect(await sql`select last_value::int as calls from calls`).toEqual([{ calls: 2 }]);
  await sql.end();
});

test('a transaction that is reported as committed is', async () => {
  const sql = open(1);
  await sql`create table written (n int)`;
  const swallowed = sql.begin(async (tx) => {
    await tx`insert into written values (1)`;
    const inner = tx.savepoint(async (saved) => {
      // Nothing to roll back to, so that the transaction stays as it is: failed.
      await saved.unsafe('release savepoint "s0"');
      await saved`select 1 / 0`;
    });
    await inner.catch(() => {});
  });
  await expect(swallowed).rejects.toMatchObject({ code: 'TRANSACTION_ROLLED_BACK' });
  expect(await sql`select * from written`).toEqual([]);
  await sql.end();
});

test('a transaction that is left open on a reserved connection goes to nobody', async () => {
  const sql = open(1);
  await sql`create table left_open (n int)`;
  const reserved = await sql.reserve();
  await reserved`begin`;
  await reserved`insert into left_open values (1)`;
  reserved.release();
  await expect(reserved`select 1`).rejects.toMatchObject({ code: 'CONNECTION_RELEASED' });
  await sql`insert into left_open values (2)`;
  expect(await database.admin('select n from left_open')).toEqual([{ n: 2 }]);
  await sql.end();
});
