import { finished } from 'node:stream/promises';
import type postgres from 'postgres';
import { connect, type Sql, type Step } from './lib.ts';
import { codeOf } from './shape.ts';
import { libSteps, type SqlStep, sqlSteps } from './sql-steps.ts';

/** How many transactions four queries are in. */
const transactionsOfFour = async (sql: Sql) => {
  const seen = new Set<unknown>();
  for (let n = 0; n < 4; n += 1) seen.add((await sql`select pg_current_xact_id()::text as id`)[0]?.id);
  return seen.size;
};

/** What names PostgreSQL has for the statements of a client. */
const names: Record<string, SqlStep> = {
  'of statements': async (sql) => {
    const { statement } = await sql`select ${1}::int as a`;
    const known = await sql.unsafe(`select 1 from pg_prepared_statements where name = '${statement.name}'`);
    const { name } = await sql`select ${1}::int as a`.describe();
    return [statement.name !== '', known.length, name !== ''];
  },
  'with unsafe and prepare: true': async (sql) => {
    const { statement } = await sql.unsafe('select $1::int as a', [1], { prepare: true });
    return statement.name !== '';
  },
};

const prepared: Record<string, SqlStep> = {
  'EXECUTE of what was not prepared': (sql) => codeOf(() => sql`execute nothing`),
};

const beginning: Record<string, SqlStep> = {
  'as a query': async (sql) => [await codeOf(() => sql`begin`), await transactionsOfFour(sql)],
  'as unsafe': async (sql) => [await codeOf(() => sql.unsafe('begin')), await transactionsOfFour(sql)],
  'among other statements': async (sql) => [
    await codeOf(() => sql`select 1; begin; commit`.simple()),
    await transactionsOfFour(sql),
  ],
};

const alone: Record<string, SqlStep> = {
  'as queries': async (sql) => {
    const code = await codeOf(() => sql`begin`);
    if (code !== 'none') return code;
    await sql`insert into item (id, name) values (60, 'sixty')`;
    await sql`rollback`;
    return sql`select id from item where id = 60`;
  },
};

const reservations: Record<string, SqlStep> = {
  'released with a transaction open': async (sql) => {
    const one = await sql.reserve();
    await one`begin`;
    await one`insert into item (id, name) values (60, 'sixty')`;
    one.release();
    const [two, three] = await Promise.all([sql.reserve(), sql.reserve()]);
    const seen = await Promise.all([two, three].map((each) => each`select id from item where id = 60`));
    await Promise.all([two, three].map((each) => each`rollback`));
    two.release();
    three.release();
    return seen.map((rows) => rows.length).sort();
  },
  'released twice': async (sql) => {
    const one = await sql.reserve();
    one.release();
    const two = await sql.reserve();
    one.release();
    const three = await sql.reserve();
    await two`begin`;
    await two`insert into item (id, name) values (60, 'sixty')`;
    const seen = await three`select id from item where id = 60`;
    await two`rollback`;
    two.release();
    three.release();
    return seen.length;
  },
  'used after it was released': async (sql) => {
    const one = await sql.reserve();
    one.release();
    return codeOf(() => one`select 1`);
  },
};

const transactions: Record<string, SqlStep> = {
  'used after its end': async (sql) => {
    let kept: postgres.TransactionSql | undefined;
    await sql.begin(async (tx) => {
      kept = tx;
      await tx`select 1`;
    });
    return codeOf(() => (kept as postgres.TransactionSql)`select 1`);
  },
  'used after its end, in the transaction of another': async (sql) => {
    const tx = await sql.begin(async (tx) => ({ tx }));
    const code = await sql
      .begin(async (first) => {
        await first`select 1`;
        return sql.begin(async (second) => {
          await second`select 1`;
          await tx.tx`insert into item (id, name) values (60, 'sixty')`;
        });
      })
      .then(
        () => 'none',
        (error) => error.code,
      );
    return [code, (await sql`delete from item where id = 60`).count];
  },
  'notify, rolled back': async (sql) => {
    const seen: string[] = [];
    let over = () => {};
    const last = new Promise<void>((resolve) => {
      over = resolve;
    });
    await sql.listen('undone', (message) => (message === 'last' ? over() : seen.push(message)));
    await sql
      .begin(async (tx) => {
        await tx.notify('undone', 'never');
        throw new Error('mine');
      })
      .catch(() => {});
    await sql.notify('undone', 'last');
    await last;
    return seen;
  },
};

const copies: Record<string, SqlStep> = {
  'a query of a pool of one': async (sql) => {
    const stream = await sql`copy item (id, name) from stdin`.writable();
    const other = sql`select 1 as a`.then(
      (rows) => rows[0]?.a,
      (error) => error.code,
    );
    // It has reached the connection, or its queue.
    await new Promise((resolve) => setImmediate(resolve));
    stream.end();
    return other;
  },
  'a query of a transaction': (sql) =>
    sql
      .begin(async (tx) => {
        const stream = await tx`copy item (id, name) from stdin`.writable();
        const other = await codeOf(() => tx`select 1`);
        stream.end();
        await finished(stream);
        return other;
      })
      .catch((error) => error.code),
  'that was not asked for a stream': async (sql) => [
    await codeOf(() => sql`copy item (id, name) from stdin`),
    await codeOf(() => sql.begin((tx) => tx`copy item (id, name) from stdin`)),
    [...(await sql`select 1 as a`)],
  ],
};

const ends: Record<string, Step> = {
  'while a connection is reserved': async (lib, route) => {
    const sql = connect(lib, route, { max: 1 });
    const one = await sql.reserve();
    const ended = sql.end();
    const seen = await one`select 1 as a`;
    one.release();
    await ended;
    return [...seen];
  },
};

export const ownWays: [string, Step][] = [
  ...sqlSteps('names', names),
  ...sqlSteps('SQL', prepared),
  ...sqlSteps('BEGIN', beginning),
  ...sqlSteps('BEGIN on one connection', alone, { max: 1 }),
  ...sqlSteps('a reserved connection', reservations),
  ...sqlSteps('a transaction', transactions),
  ...sqlSteps('in the middle of a COPY', copies, { max: 1 }),
  ...libSteps('end', ends),
];
