import { once } from 'node:events';
import type pg from 'pg';
import type { Route } from '../database.ts';
import { configOf, type Lib, withPool } from './lib.ts';
import type { Runner } from './query-forms.ts';
import { calledBack, failure, shapeOf } from './shape.ts';

type Step = (lib: Lib, route: Route) => Promise<unknown>;

const one = async (on: pg.Pool | pg.ClientBase) => (await on.query('select 1 as one')).rows;
const counts = (pool: pg.Pool) => [
  pool.totalCount,
  pool.idleCount,
  pool.waitingCount,
  pool.ending,
  pool.ended,
];

/** Waits for the event too: when it comes, compared with the promise, is not certain. */
const removing = (pool: pg.Pool, call: () => unknown) => Promise.all([once(pool, 'remove'), call()]);

/** From connecting to the end of a pool. */
const ofPools: Record<string, Step> = {
  'connect, promise': (lib, route) =>
    withPool(lib, route, async (pool) => {
      const client = await pool.connect();
      const seen = [await one(client), typeof client.release, client instanceof lib.Client, counts(pool)];
      client.release();
      return [seen, counts(pool)];
    }),
  'connect, callback': (lib, route) =>
    withPool(lib, route, async (pool) => {
      const given = await new Promise<unknown[]>((resolve) => {
        const returned = pool.connect((...all) => resolve([returned, ...all]));
      });
      const [returned, error, client, done] = given as [unknown, unknown, pg.PoolClient, () => void];
      const rows = await one(client);
      done();
      return [given.length, returned, error, rows, counts(pool)];
    }),
  'events and counts': (lib, route) =>
    withPool(lib, route, async (pool) => {
      const events: unknown[] = [];
      for (const event of ['connect', 'acquire', 'release', 'remove', 'error'] as const) {
        pool.on(event, (...given: unknown[]) => events.push([event, given.length, ...counts(pool)]));
      }
      const client = await pool.connect();
      const waiting = one(pool);
      events.push(['waiting', ...counts(pool)]);
      client.release();
      await waiting;
      const broken = await pool.connect();
      await removing(pool, () => broken.release(new Error('broken')));
      await removing(pool, () => failure(() => pool.query('select 1 / 0')));
      await one(pool);
      await removing(pool, () => pool.end());
      return [events, counts(pool)];
    }),
  'released twice': (lib, route) =>
    withPool(lib, route, async (pool) => {
      const client = await pool.connect();
      client.release();
      return failure(() => client.release());
    }),
  'ended twice, and used after that': (lib, route) =>
    withPool(lib, route, async (pool) => {
      await one(pool);
      return [
        await pool.end(),
        await failure(() => pool.end()),
        await failure(() => pool.query('select 1')),
        await failure(() => pool.connect()),
        counts(pool),
      ];
    }),
  'ended, callback': (lib, route) =>
    withPool(lib, route, (pool) => calledBack((callback) => pool.end(callback))),
  'query was given a function': (lib, route) =>
    withPool(lib, route, (pool) => calledBack((callback) => pool.query(callback as never))),
  'query was given a Query': (lib, route) =>
    withPool(lib, route, async (pool) => [
      shapeOf(await pool.query(new lib.Query('select 1 as one'))),
      await calledBack((callback) => (pool as Runner).query(new lib.Query('select 1 as one'), callback)),
    ]),
  'maxUses, onConnect, verify and log': async (lib, route) => {
    const seen: unknown[] = [];
    const pool = new lib.Pool({
      ...configOf(route),
      maxUses: 2,
      onConnect: async (client) => seen.push(['onConnect', await one(client)]) as never,
      verify: (_, done) => done(seen.push('verify') === 0 ? new Error('no') : undefined),
      log: (...words) => seen.push(words[0]),
    });
    for (let n = 0; n < 3; n += 1) await one(pool);
    await pool.end();
    // The end of a connection and the start of the next are not in step.
    return seen.map(String).sort();
  },
  'a pool made from the options of another': (lib, route) =>
    withPool(lib, route, async (first) => {
      const { host, port, user, database, password } = new lib.Client(configOf(route));
      const parts = {
        host,
        port,
        user,
        database,
        password,
        max: 1,
        ...(route.poolsafe && { poolsafe: route.poolsafe }),
      };
      const second = new lib.Pool(parts as pg.PoolConfig);
      const third = new lib.Pool(second.options);
      const seen = [
        await one(first),
        await one(second),
        await one(third),
        Object.keys(third.options).includes('password'),
      ];
      await Promise.all([second.end(), third.end()]);
      return seen;
    }),
  'a class of clients of one’s own': async (lib, route) => {
    class Mine extends lib.Client {
      readonly mine = 'mine';
    }
    const pool = new lib.Pool({ ...configOf(route), Client: Mine });
    const client = (await pool.connect()) as pg.PoolClient & Mine;
    const seen = [client instanceof Mine, client instanceof lib.Client, client.mine, await one(client)];
    client.release();
    await pool.end();
    return seen;
  },
  'a class of pools of one’s own': async (lib, route) => {
    class Mine extends lib.Pool {
      override query(...given: unknown[]): never {
        return super.query(...(given as [string])) as never;
      }
    }
    const pool = new Mine(configOf(route));
    const seen = [pool instanceof lib.Pool, await one(pool)];
    await pool.end();
    return seen;
  },
};

const ofClients: Record<string, Step> = {
  'made from a URL': async (lib, { url }) => {
    const client = new lib.Client(url);
    await client.connect();
    const seen = [await one(client), client.database, client.user, client.password];
    await client.end();
    return seen;
  },
  'connected and ended with callbacks': async (lib, route) => {
    const client = new lib.Client(configOf(route));
    return [
      await calledBack((callback) => client.connect(callback as () => void)),
      await calledBack((callback) => client.end(callback as () => void)),
    ];
  },
  'events, and queries before and after': async (lib, route) => {
    const client = new lib.Client(configOf(route));
    const events: unknown[] = [];
    for (const event of ['connect', 'drain', 'end', 'error'] as const)
      client.on(event, () => events.push(event));
    const early = one(client);
    await client.connect();
    return [
      await early,
      await failure(() => client.connect()),
      await client.end(),
      await failure(() => client.query('select 1')),
      events,
    ];
  },
  'a password from a function': async (lib, route) => {
    const { host, port, user, database, password } = new lib.Client(route.url);
    const common = {
      host,
      port,
      user,
      database,
      ...(route.poolsafe && { poolsafe: route.poolsafe }),
    } as pg.ClientConfig;
    const pool = new lib.Pool({ ...common, password: () => password as string });
    const later = new lib.Pool({ ...common, password: async () => password as string });
    const seen = [await one(pool), await one(later)];
    await Promise.all([pool.end(), later.end()]);
    return seen;
  },
  'PGHOST and the like': async (lib, route) => {
    const { host, port, user, database, password } = new lib.Client(route.url);
    const given = { PGHOST: host, PGPORT: port, PGUSER: user, PGDATABASE: database, PGPASSWORD: password };
    const before = { ...process.env };
    Object.assign(process.env, given, { PGAPPNAME: 'from the environment' });
    try {
      const client = new lib.Client();
      const pool = new lib.Pool();
      await client.connect();
      const seen = [await one(client), await one(pool), (await client.query('show application_name')).rows];
      await Promise.all([client.end(), pool.end()]);
      return seen;
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    }
  },
  'pg.defaults': async (lib, route) => {
    const { host, port, user, database, password } = new lib.Client(route.url);
    const before = { ...lib.defaults };
    Object.assign(lib.defaults, { host, port, user, database, password, binary: true });
    try {
      const pool = new lib.Pool();
      const seen = shapeOf(await pool.query('select $1::int as n', [7]));
      await pool.end();
      return seen;
    } finally {
      Object.assign(lib.defaults, before);
    }
  },
};

export const lives: Record<string, Step> = Object.fromEntries([
  ...Object.entries(ofPools).map(([title, step]) => [`a pool | ${title}`, step]),
  ...Object.entries(ofClients).map(([title, step]) => [`a client | ${title}`, step]),
]);
