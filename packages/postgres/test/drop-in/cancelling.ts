import type postgres from 'postgres';
import type { Sql, Step } from './lib.ts';
import { codeOf, failure } from './shape.ts';
import { type SqlStep, sqlSteps } from './sql-steps.ts';
import { until } from './wait.ts';

const sleeping = (sql: Sql | postgres.TransactionSql, mark: string) =>
  sql.unsafe(`select pg_sleep(20) /* ${mark} */`);

/** Whether the server runs a query with a mark, as seen by another client. */
const running = (sql: Sql, mark: string) => async () => {
  const [row] = await sql`select count(*)::int as count from pg_stat_activity
    where datname = current_database() and state = 'active' and pid <> pg_backend_pid() and query like ${`%/* ${mark} */%`}`;
  return row?.count > 0;
};

const steps: Record<string, SqlStep> = {
  'while it runs': async (sql) => {
    const mark = 'mark 1';
    const query = sleeping(sql, mark).execute();
    await until(running(sql, mark));
    const returned = query.cancel();
    return [returned, await failure(() => query)];
  },
  'while it runs, twice': async (sql) => {
    const mark = 'mark 2';
    const query = sleeping(sql, mark).execute();
    await until(running(sql, mark));
    query.cancel();
    query.cancel();
    return [await codeOf(() => query), query.cancel()];
  },
  'before it is sent': async (sql) => {
    const query = sql`insert into item (id, name) values (50, 'fifty')`;
    query.cancel();
    return [await failure(() => query), await sql`select id from item where id = 50`];
  },
  'in the same turn as it is executed': async (sql) => {
    const query = sql`insert into item (id, name) values (50, 'fifty')`.execute();
    query.cancel();
    return [await failure(() => query), await sql`select id from item where id = 50`];
  },
  'while it waits for a connection': async (sql) => {
    const [one, two] = await Promise.all([sql.reserve(), sql.reserve()]);
    const query = sql`insert into item (id, name) values (50, 'fifty')`.execute();
    // Queries reach the queue in the next turn.
    await null;
    await null;
    query.cancel();
    const failed = await failure(() => query);
    one.release();
    two.release();
    return [failed, await sql`select id from item where id = 50`];
  },
  'after it is done': async (sql) => {
    const query = sql`select 1 as a`;
    const rows = await query;
    query.cancel();
    return [rows, await sql`select 2 as b`, await sql`select 3 as c`];
  },
  'others are not harmed': async (sql) => {
    const mark = 'mark 3';
    const query = sleeping(sql, mark).execute();
    await until(running(sql, mark));
    const other = sql`select pg_sleep(0.2), 1 as a`.execute();
    query.cancel();
    const after = Array.from({ length: 20 }, (_, n) => sql`select ${n}::int as n`);
    return [await codeOf(() => query), await other, (await Promise.all(after)).map(([row]) => row?.n)];
  },
  'in a transaction': async (sql) => {
    const mark = 'mark 4';
    let query: ReturnType<typeof sleeping> | undefined;
    const done = codeOf(() =>
      sql.begin(async (tx) => {
        query = sleeping(tx, mark).execute();
        await query;
      }),
    );
    await until(running(sql, mark));
    query?.cancel();
    return done;
  },
  'in a transaction, and go on in a savepoint': async (sql) => {
    const mark = 'mark 5';
    let query: ReturnType<typeof sleeping> | undefined;
    const done = sql.begin(async (tx) => {
      const inside = await codeOf(() =>
        tx.savepoint(async (sp) => {
          query = sleeping(sp, mark).execute();
          await query;
        }),
      );
      return [inside, (await tx`select 1 as a`)[0]] as never;
    });
    await until(running(sql, mark));
    query?.cancel();
    return done;
  },
  'a cursor': async (sql) => {
    const mark = 'mark 6';
    const query = sql.unsafe(
      `select n, pg_sleep(case when n = 3 then 20 else 0 end) from generate_series(1, 5) n /* ${mark} */`,
    );
    const seen: unknown[] = [];
    const done = codeOf(() => query.cursor(1, (rows) => void seen.push(rows[0]?.n)));
    await until(running(sql, mark));
    query.cancel();
    return [await done, seen.length <= 2];
  },
};

export const cancelling: [string, Step][] = sqlSteps('cancel', steps);
