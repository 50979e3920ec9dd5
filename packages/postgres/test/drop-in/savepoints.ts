import type postgres from 'postgres';
import type { Step } from './lib.ts';
import { insert, kept, mine } from './rows.ts';
import { codeOf, failure } from './shape.ts';
import { type SqlStep, sqlSteps } from './sql-steps.ts';

type Tx = postgres.TransactionSql;

const steps: Record<string, SqlStep> = {
  kept: async (sql) => [
    await sql.begin(
      async (tx) =>
        [
          await insert(tx, 30),
          await tx.savepoint(async (sp) => [await insert(sp, 31), 'x'] as never),
        ] as never,
    ),
    await kept(sql),
  ],
  'with a name': async (sql) => [
    await sql.begin((tx) => tx.savepoint('a name', (sp) => insert(sp, 30))),
    await kept(sql),
  ],
  'with quotes and dots in its name': (sql) =>
    codeOf(() => sql.begin((tx) => tx.savepoint('a"b.c', (sp) => sp`select 1 as a`))),
  'as a tag': async (sql) => [
    await sql.begin(
      (tx) =>
        (tx.savepoint as unknown as Tx)`insert into item (id, name) values (${30}, ${'x'}) returning id`,
    ),
    await kept(sql),
  ],
  'rolled back': async (sql) => [
    await sql.begin(async (tx) => {
      await insert(tx, 30);
      const failed = await failure(() =>
        tx.savepoint(async (sp) => [await insert(sp, 31), await insert(sp, 1)] as never),
      );
      await insert(tx, 32);
      return [failed] as never;
    }),
    await kept(sql),
  ],
  'rolled back by the application': async (sql) => [
    await sql.begin(async (tx) => {
      await tx.savepoint(async (sp) => [await insert(sp, 30), mine()] as never).catch(() => {});
      return insert(tx, 31);
    }),
    await kept(sql),
  ],
  'an error in it that nobody minds': async (sql) => [
    await failure(() =>
      sql.begin(async (tx) => {
        await insert(tx, 30);
        await tx.savepoint(async (sp) => {
          await insert(sp, 1).catch(() => {});
        });
      }),
    ),
    await kept(sql),
  ],
  nested: async (sql) => [
    await sql.begin(async (tx) => {
      await insert(tx, 30);
      await tx.savepoint('a', async (a) => {
        await insert(a, 31);
        await a.savepoint('a', async (b) => [await insert(b, 32), mine()] as never).catch(() => {});
        await a.savepoint((c) => insert(c, 33));
      });
      await tx.savepoint(async (d) => [await insert(d, 34), mine()] as never).catch(() => {});
    }),
    await kept(sql),
  ],
  'with quotes in its name': (sql) =>
    sql.begin((tx) => tx.savepoint('a"b', async (sp) => [...(await sp`select 1 as a`)])),
  'two at once': async (sql) => [
    await codeOf(() =>
      sql.begin(async (tx) => {
        const both = [30, 31].map((id) => tx.savepoint(async (sp) => void (await insert(sp, id))));
        await Promise.all(both);
      }),
    ),
    await kept(sql),
  ],
  'an array of queries': (sql) =>
    sql.begin((tx) => tx.savepoint((sp) => [sp`select 1 as a`, sp`select 2 as b`] as never)),
};

export const savepoints: [string, Step][] = sqlSteps('savepoint', steps);
