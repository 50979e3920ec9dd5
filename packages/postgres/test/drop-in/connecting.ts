import { connect, type Sql, type Step } from './lib.ts';
import { codeOf, failure } from './shape.ts';
import { libSteps } from './sql-steps.ts';
import { closedPort, startRelay } from './tcp-relay.ts';
import { until } from './wait.ts';

const one = async (sql: Sql) => [...(await sql`select 1 as one`)];

/** What a call comes to where nobody listens. */
const closed =
  (call: (sql: Sql) => unknown): Step =>
  async (lib, route) => {
    const { port } = new URL(route.url);
    const url = route.url.replace(`:${port}/`, `:${closedPort}/`);
    const sql = connect(lib, { ...route, url }, { backoff: 0, max: 1 });
    const seen = await failure(() => call(sql));
    await sql.end();
    return seen;
  };

const unreachable: Record<string, Step> = {
  'a wrong password': async (lib, route) => {
    const sql = connect(lib, { ...route, url: route.url.replace(/:[^:@]+@/, ':wrong@') });
    const error = await sql`select 1`.catch((error) => error);
    await sql.end();
    return [error.name, ['28P01', '08P01'].includes(error.code)];
  },
  'nobody listens, a query': closed((sql) => sql`select 1`),
  'nobody listens, a transaction': closed((sql) => sql.begin((tx) => tx`select 1`)),
  'nobody listens, reserve': closed((sql) => codeOf(() => sql.reserve())),
  'nobody listens, several at once': closed((sql) =>
    Promise.all([1, 2, 3].map(() => codeOf(() => sql`select 1`))),
  ),
  'nobody answers': async (lib, route) => {
    await using relay = await startRelay(route.url, true);
    const sql = connect(lib, { ...route, url: relay.url }, { connect_timeout: 0.2, max: 1, backoff: 0 });
    const seen = [await failure(() => sql`select 1`), await codeOf(() => sql`select 1`)];
    await sql.end({ timeout: 0 });
    return seen;
  },
};

const limits: Record<string, Step> = {
  'max is the most': async (lib, route) => {
    await using relay = await startRelay(route.url);
    const sql = connect(lib, { ...route, url: relay.url }, { max: 3 });
    const queries = Array.from({ length: 30 }, () => sql`select pg_sleep(0.01)`);
    const begun = Array.from({ length: 10 }, () => sql.begin((tx) => tx`select pg_sleep(0.01)`));
    const lengths = (await Promise.all([...queries, ...begun])).length;
    const most = relay.most();
    await sql.end();
    return [lengths, most];
  },
  'no connection before the first query': async (lib, route) => {
    await using relay = await startRelay(route.url);
    const sql = connect(lib, { ...route, url: relay.url });
    void sql`select 1`;
    await new Promise((resolve) => setImmediate(resolve));
    const before = relay.made();
    await sql`select 1`;
    const after = relay.made();
    await sql.end();
    return [before, after];
  },
  idle_timeout: async (lib, route) => {
    await using relay = await startRelay(route.url);
    const sql = connect(lib, { ...route, url: relay.url }, { idle_timeout: 0.1, max: 1 });
    const first = await one(sql);
    await until(() => relay.open() === 0);
    const seen = [first, await one(sql), relay.made()];
    await sql.end();
    return seen;
  },
  max_lifetime: async (lib, route) => {
    await using relay = await startRelay(route.url);
    const sql = connect(lib, { ...route, url: relay.url }, { max_lifetime: 0.1, max: 1 });
    await one(sql);
    await until(async () => (await one(sql)).length === 1 && relay.made() === 2);
    await sql.end();
    return relay.most();
  },
  'a connection that is lost is made again': async (lib, route) => {
    await using relay = await startRelay(route.url);
    const closed: unknown[] = [];
    const sql = connect(
      lib,
      { ...route, url: relay.url },
      { max: 1, backoff: 0, onclose: () => closed.push('closed') },
    );
    await one(sql);
    relay.cut();
    await until(() => closed.length === 1);
    const seen = [await one(sql), relay.made()];
    await sql.end();
    return [seen, closed.length];
  },
  'a connection that is lost in a query': async (lib, route) => {
    await using relay = await startRelay(route.url);
    const sql = connect(lib, { ...route, url: relay.url }, { max: 1, backoff: 0 });
    await one(sql);
    const other = connect(lib, route, { max: 1 });
    const query = failure(() => sql`select pg_sleep(20)`);
    await until(async () => {
      const [row] = await other`select count(*)::int as count from pg_stat_activity
        where datname = current_database() and wait_event = 'PgSleep'`;
      return row?.count > 0;
    });
    relay.cut();
    const seen = [await query, await one(sql)];
    await Promise.all([sql.end(), other.end()]);
    return seen;
  },
  'backoff is asked': async (lib, route) => {
    const attempts: number[] = [];
    const { port } = new URL(route.url);
    const url = route.url.replace(`:${port}/`, `:${closedPort}/`);
    const backoff = (attempt: number) => {
      attempts.push(attempt);
      return 0.01;
    };
    const sql = connect(lib, { ...route, url }, { max: 1, backoff });
    for (let n = 0; n < 3; n += 1) await codeOf(() => sql`select 1`);
    await sql.end();
    return attempts;
  },
};

export const connecting: [string, Step][] = [
  ...libSteps('unreachable', unreachable),
  ...libSteps('connections', limits),
];
