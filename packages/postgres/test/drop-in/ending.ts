import { connect, type Step } from './lib.ts';
import { codeOf, failure } from './shape.ts';
import { libSteps } from './sql-steps.ts';
import { startRelay } from './tcp-relay.ts';
import { until } from './wait.ts';

const steps: Record<string, Step> = {
  'before anything': async (lib, route) => connect(lib, route).end(),
  'when idle': async (lib, route) => {
    const sql = connect(lib, route);
    await sql`select 1`;
    return sql.end();
  },
  'while a query runs': async (lib, route) => {
    const sql = connect(lib, route, { max: 1 });
    const query = sql`select pg_sleep(0.1), 1 as a`.execute();
    const ended = sql.end();
    return [await query, await ended];
  },
  'while a transaction runs': async (lib, route) => {
    const sql = connect(lib, route, { max: 1 });
    let begun = () => {};
    const running = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const transaction = sql.begin(async (tx) => {
      await tx`select 1`;
      begun();
      return tx`select pg_sleep(0.1), 2 as b`;
    });
    await running;
    const ended = sql.end();
    return [await transaction, await ended];
  },
  'while queries wait': async (lib, route) => {
    const sql = connect(lib, route, { max: 1 });
    const queries = [1, 2, 3].map((n) => sql`select pg_sleep(0.05), ${n}::int as n`.execute());
    const ended = sql.end();
    return [await Promise.all(queries.map((query) => codeOf(() => query))), await ended];
  },
  'while transactions wait': async (lib, route) => {
    const sql = connect(lib, route, { max: 1 });
    const all = [1, 2].map((n) => codeOf(() => sql.begin((tx) => tx`select pg_sleep(0.05), ${n}::int as n`)));
    const ended = sql.end();
    return [await Promise.all(all), await ended];
  },
  'with timeout 0': async (lib, route) => {
    const sql = connect(lib, route, { max: 1 });
    await sql`select 1`;
    const query = failure(() => sql`select pg_sleep(20)`);
    return [await sql.end({ timeout: 0 }), await query];
  },
  'with a timeout that passes': async (lib, route) => {
    const sql = connect(lib, route, { max: 1 });
    await sql`select 1`;
    const queries = [1, 2].map(() => codeOf(() => sql`select pg_sleep(20)`));
    return [await sql.end({ timeout: 0.1 }), await Promise.all(queries)];
  },
  'with a timeout that is not needed': async (lib, route) => {
    const sql = connect(lib, route, { max: 1 });
    const query = sql`select 1 as a`.execute();
    return [await sql.end({ timeout: 5 }), await query];
  },
  twice: async (lib, route) => {
    const sql = connect(lib, route);
    await sql`select 1`;
    const both = [sql.end(), sql.end()];
    return [await Promise.all(both), await sql.end()];
  },
  'and then': async (lib, route) => {
    const sql = connect(lib, route);
    await sql`select 1`;
    await sql.end();
    return [
      await failure(() => sql`select 1`),
      await failure(() => sql.unsafe('select 1')),
      await failure(() => sql.begin((tx) => tx`select 1`)),
      await failure(() => sql.notify('x', 'y')),
    ];
  },
  'and then reserve': async (lib, route) => {
    const sql = connect(lib, route);
    await sql`select 1`;
    await sql.end();
    return codeOf(() => sql.reserve());
  },
  'queries of the same turn still count': async (lib, route) => {
    const sql = connect(lib, route);
    const query = sql`select 1 as a`.execute();
    const ended = sql.end();
    const late = codeOf(() => sql`select 2 as b`);
    return [await query, await ended, await late];
  },
  'with a listener': async (lib, route) => {
    const sql = connect(lib, route);
    await sql.listen('x', () => {});
    return sql.end();
  },
  'leaves no connection': async (lib, route) => {
    await using relay = await startRelay(route.url);
    const sql = connect(lib, { ...route, url: relay.url }, { max: 3 });
    await Promise.all(Array.from({ length: 10 }, () => sql`select pg_sleep(0.01)`));
    const before = relay.open();
    await sql.end();
    await until(() => relay.open() === 0);
    return before;
  },
  close: async (lib, route) => {
    const sql = connect(lib, route, { max: 1 });
    await sql`select 1`;
    const returned = await sql.close();
    const again = await codeOf(() => sql`select 1`);
    await sql.end();
    return [returned, again];
  },
};

export const ending: [string, Step][] = libSteps('end', steps);
