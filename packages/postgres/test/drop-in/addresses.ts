import net from 'node:net';
import type postgres from 'postgres';
import { connect, type Lib, type Options, type Route, type Sql, type Step } from './lib.ts';
import { codeOf } from './shape.ts';
import { libSteps } from './sql-steps.ts';
import { closedPort } from './tcp-relay.ts';

const one = async (sql: Sql) => [...(await sql`select 1 as one`)];

/** The parts of a URL, as options. */
function partsOf({ url, poolsafe }: Route): Options {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname,
    port: Number(port),
    user: username,
    pass: decodeURIComponent(password),
    database: pathname.slice(1),
    onnotice: () => {},
    ...(poolsafe && { poolsafe }),
  };
}

const withParts = (lib: Lib, given: Options): Sql => lib(given as postgres.Options<never>) as unknown as Sql;

const once = async (sql: Sql) => {
  const seen = await one(sql);
  await sql.end();
  return seen;
};

const steps: Record<string, Step> = {
  'a URL': (lib, route) => once(connect(lib, route)),
  'the parts': (lib, route) => once(withParts(lib, partsOf(route))),
  'the parts under their other names': (lib, route) => {
    const { host, user, pass, database, ...rest } = partsOf(route);
    return once(withParts(lib, { ...rest, hostname: host, username: user, password: pass, db: database }));
  },
  'options before the URL': async (lib, route) => {
    const { database, user, pass } = partsOf(route);
    const url = route.url.replace(/\/\/.*@/, '//nobody:wrong@').replace(/\/[^/]*$/, '/nothing');
    return once(connect(lib, { ...route, url }, { database, user, pass }));
  },
  'keys of the URL': async (lib, route) => {
    const sql = connect(lib, {
      ...route,
      url: `${route.url}?application_name=by%20url&max=3&idle_timeout=7`,
    });
    const seen = [await sql`show application_name`, sql.options.max, sql.options.idle_timeout];
    await sql.end();
    return seen;
  },
  'a password from a function': async (lib, route) => {
    const parts = partsOf(route);
    return [
      await once(withParts(lib, { ...parts, pass: () => parts.pass })),
      await once(withParts(lib, { ...parts, pass: async () => parts.pass })),
    ];
  },
  'the environment': async (lib, route) => {
    const { host, port, user, pass, database } = partsOf(route);
    const given = { PGHOST: host, PGPORT: port, PGUSER: user, PGPASSWORD: pass, PGDATABASE: database };
    const before = { ...process.env };
    Object.assign(process.env, given);
    try {
      return await once(withParts(lib, { ...(route.poolsafe && { poolsafe: route.poolsafe }) }));
    } finally {
      for (const name of Object.keys(given)) delete process.env[name];
      Object.assign(process.env, before);
    }
  },
  'several hosts, the first of which is closed': async (lib, route) => {
    const { port } = new URL(route.url);
    const url = route.url.replace(`127.0.0.1:${port}`, `127.0.0.1:${closedPort},127.0.0.1:${port}`);
    return once(connect(lib, { ...route, url }));
  },
  'several hosts in an array': async (lib, route) => {
    const parts = partsOf(route);
    return once(
      withParts(lib, { ...parts, host: ['127.0.0.1', '127.0.0.1'], port: [closedPort, parts.port] }),
    );
  },
  'several hosts, none of which is open': async (lib, route) => {
    const parts = partsOf(route);
    const ports = [closedPort, closedPort];
    const sql = withParts(lib, { ...parts, host: ['127.0.0.1', '127.0.0.1'], port: ports, backoff: 0 });
    const seen = await codeOf(() => sql`select 1`);
    await sql.end();
    return seen;
  },
  target_session_attrs: (lib, route) =>
    once(withParts(lib, { ...partsOf(route), target_session_attrs: 'primary' })),
  'a socket of one’s own': async (lib, route) => {
    let made = 0;
    const socket = async ({ host: [host], port: [port] }: { host: string[]; port: number[] }) => {
      made += 1;
      return net.connect(port as number, host);
    };
    const sql = connect(lib, route, { socket, max: 1 });
    return [await once(sql), made];
  },
  'ssl: prefer, where there is none': (lib, route) => once(connect(lib, route, { ssl: 'prefer' })),
};

export const addresses: [string, Step][] = libSteps('address', steps);
