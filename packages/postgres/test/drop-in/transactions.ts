import type postgres from 'postgres';
import type { Sql, Step } from './lib.ts';
import { insert, kept, mine } from './rows.ts';
import { codeOf, failure } from './shape.ts';
import { type SqlStep, sqlSteps } from './sql-steps.ts';

type Tx = postgres.TransactionSql;

/** How a transaction fails, and what is left. */
const failing = async (sql: Sql, work: (tx: Tx) => unknown): Promise<unknown> => [
  await failure(() => sql.begin(work as never)),
  await kept(sql),
];

const results: Record<string, SqlStep> = {
  'a value': async (sql) => [
    await sql.begin(async (tx) => [await insert(tx, 30), 'x'] as never),
    await kept(sql),
  ],
  'a query': async (sql) => [await sql.begin((tx) => insert(tx, 30)), await kept(sql)],
  'an array of queries': async (sql) => [
    await sql.begin((tx) => [insert(tx, 30), tx`select 1 as a`, insert(tx, 31)] as never),
    await kept(sql),
  ],
  'an array of values and queries': (sql) =>
    sql.begin((tx) => [1, tx`select 1 as a`, Promise.resolve(2)] as never),
  'an array from an async function': async (sql) => {
    const given = await sql.begin(async (tx) => [1, await tx`select 1 as a`] as never);
    return given;
  },
  nothing: (sql) => sql.begin(async () => {}),
  'a function that is not async': (sql) => sql.begin(() => 5),
  'nothing sent': (sql) => sql.begin(async () => 'x'),
  'many at once': async (sql) => {
    const all = Array.from({ length: 12 }, (_, n) =>
      sql.begin(async (tx) => (await tx`select ${n}::int as n`)[0]?.n),
    );
    return Promise.all(all);
  },
  'queries at once': (sql) =>
    sql.begin((tx) => Promise.all(Array.from({ length: 20 }, (_, n) => tx`select ${n}::int as n`))),
};

const modes: Record<string, SqlStep> = {
  'read only': (sql) =>
    failing(sql, (tx) => insert(tx, 30)).then(async (said) => [
      said,
      await failure(() => sql.begin('read only', (tx) => insert(tx, 30))),
    ]),
  'isolation level': (sql) =>
    sql.begin('isolation level serializable read only deferrable', async (tx) => [
      await tx`show transaction_isolation`,
      await tx`show transaction_read_only`,
    ]),
  'what is no letter is left out': (sql) =>
    sql
      .begin('read only; drop table item -- ', async (tx) => tx`show transaction_read_only`)
      .catch((error) => error.code),
  'a wrong one': (sql) => failure(() => sql.begin('as you like', async () => 'x')),
};

const failures: Record<string, SqlStep> = {
  'a query fails': (sql) => failing(sql, async (tx) => [await insert(tx, 30), await insert(tx, 30)]),
  'a query fails, and nobody minds': (sql) =>
    failing(sql, async (tx) => {
      await insert(tx, 30);
      await insert(tx, 30).catch(() => {});
      return 'x';
    }),
  'a query fails, and others follow': (sql) =>
    failing(sql, async (tx) => {
      await insert(tx, 30);
      const first = await codeOf(() => insert(tx, 30));
      const second = await codeOf(() => tx`select 1`);
      throw new Error(`${first} ${second}`);
    }),
  'the error after the first one': (sql) =>
    failing(sql, async (tx) => {
      await insert(tx, 1).catch(() => {});
      await tx`select 1`;
    }),
  'one in an array fails': (sql) => failing(sql, (tx) => [insert(tx, 30), tx`select 1 / 0`, insert(tx, 31)]),
  'the callback throws': (sql) => failing(sql, mine),
  'the callback rejects': (sql) => failing(sql, async (tx) => [await insert(tx, 30), mine()]),
  'the callback rejects with nothing': (sql) =>
    failing(sql, async (tx) => {
      await insert(tx, 30);
      throw undefined;
    }),
  'COMMIT fails': (sql) =>
    failing(sql, async (tx) => {
      await tx`insert into late values (1)`;
      await tx`insert into late values (1)`;
    }),
  'a value that cannot be sent': (sql) =>
    failing(sql, async (tx) => [await insert(tx, 30), await tx`select ${undefined as never}`]),
  'a value that cannot be sent, and nobody minds': (sql) =>
    failing(sql, async (tx) => {
      await insert(tx, 30);
      await tx`select ${undefined as never}`.catch(() => {});
    }),
  'a statement takes too long': (sql) =>
    failing(sql, async (tx) => {
      await insert(tx, 30);
      await tx`set local statement_timeout = 200`;
      await tx`select pg_sleep(20)`;
    }),
  'rolled back by a query': async (sql) => [
    await codeOf(() => sql.begin(async (tx) => [await insert(tx, 30), await tx`rollback`])),
    await kept(sql),
  ],
  'committed by a query': async (sql) => [
    await codeOf(() => sql.begin(async (tx) => [await insert(tx, 30), await tx`commit`])),
    await kept(sql),
  ],
  'a query that nobody waits for': (sql) =>
    failing(sql, async (tx) => {
      await insert(tx, 30);
      tx`select 1 / 0`.execute();
      await tx`select 1`.catch(() => {});
    }),
  'without a function': (sql) =>
    codeOf(() => (sql.begin as (...given: unknown[]) => unknown)('read only')).then(Boolean),
};

export const transactions: [string, Step][] = [
  ...sqlSteps('begin gives', results),
  ...sqlSteps('begin with', modes),
  ...sqlSteps('begin fails', failures),
];
