import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { median } from '../pairs.ts';
import { queryWaitTimeout, type WayName, type Ways } from './ways.ts';

/** So many clients, with a connection each, and the pause of each between two queries in milliseconds. */
export interface Scene {
  readonly clients: number;
  readonly pause: number;
}

/** What became of the clients of a scene. */
export interface Outcome {
  readonly served: number;
  /** Whose login failed. */
  readonly refused: number;
  /** Who was logged in, and whose query failed. */
  readonly gaveUp: number;
  /** Queries per second of all. */
  readonly rate: number;
  /** Of a query that was answered, milliseconds. */
  readonly middle: number;
  readonly slowest: number;
  /** Connections to PostgreSQL at the end. */
  readonly backends: number;
  /** Anonymous memory of these, MB in all. Not known on other systems than Linux. */
  readonly memory: number | undefined;
  /** First lines of the errors. */
  readonly errors: readonly string[];
}

/** For how long the clients work: a second more than it takes a pooler to give up those that wait. */
const seconds = queryWaitTimeout + 1;

/** All log in, then all work. */
export async function play(ways: Ways, way: WayName, scene: Scene): Promise<Outcome> {
  const clients = Array.from({ length: scene.clients }, () => newClient(ways, way));
  const logins = await Promise.allSettled(clients.map((client) => client.connect()));
  const open = clients.filter((_, i) => logins[i]?.status === 'fulfilled');
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  const works = Promise.allSettled(open.map((client) => work(client, scene.pause, end, times)));
  await sleep(seconds * 1000 - 500);
  const servers = await serverProcesses(ways);
  const memory = memoryOf(servers);
  const results = await works;
  await Promise.allSettled(clients.map((client) => client.end()));
  await noMoreClients(ways);
  times.sort((a, b) => a - b);
  return {
    served: results.filter((result) => result.status === 'fulfilled' && result.value > 0).length,
    refused: scene.clients - open.length,
    gaveUp: results.filter(({ status }) => status === 'rejected').length,
    rate: times.length / seconds,
    middle: median(times),
    slowest: times[Math.ceil(times.length * 0.99) - 1] ?? Number.NaN,
    backends: servers.length,
    memory,
    errors: [...new Set([...logins, ...results].flatMap(errorOf))],
  };
}

/** Milliseconds of a login, with the first query behind it: medians, of logins in turn. */
export async function logins(ways: Ways, names: readonly WayName[], times: number): Promise<number[]> {
  const taken = names.map((): number[] => []);
  for (let n = 0; n < times; n += 1) {
    for (const [i, way] of names.entries()) {
      const client = newClient(ways, way);
      const started = performance.now();
      await client.connect();
      await client.query('select 1');
      taken[i]?.push(performance.now() - started);
      await client.end();
    }
  }
  await noMoreClients(ways);
  return taken.map(median);
}

function newClient(ways: Ways, way: WayName): pg.Client {
  const client = new pg.Client({ connectionString: ways.url(way), connectionTimeoutMillis: 30_000 });
  // What a query or a login is told as well.
  client.on('error', () => {});
  return client;
}

async function work(client: pg.Client, pause: number, end: number, times: number[]): Promise<number> {
  let done = 0;
  // They do not all begin at once.
  await sleep(Math.random() * pause);
  while (performance.now() < end) {
    const started = performance.now();
    const { rows } = await client.query('select text from notes where id = $1', [1 + (done % 1000)]);
    if (rows.length !== 1) throw new Error('The result of a query is wrong.');
    times.push(performance.now() - started);
    done += 1;
    if (pause > 0) await sleep(pause);
  }
  return done;
}

async function serverProcesses({ admin, database }: Ways): Promise<readonly number[]> {
  const text = "select pid from pg_stat_activity where datname = $1 and backend_type = 'client backend'";
  const { rows } = await admin.query<{ pid: number }>(text, [database]);
  return rows.map(({ pid }) => pid);
}

/** Ends what poolers keep, so that the next way finds the server empty. */
async function noMoreClients(ways: Ways): Promise<void> {
  const text = 'select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1';
  await ways.admin.query(text, [ways.database]);
}

/** Of each process what belongs to no file and to no shared memory; of pages that several have, its part. */
function memoryOf(pids: readonly number[]): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const kilobytes = pids.map((pid) => {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss_Anon:\s+(\d+) kB/m.exec(text)?.[1]);
  });
  return kilobytes.reduce((sum, one) => sum + one, 0) / 1024;
}

function errorOf(result: PromiseSettledResult<unknown>): string[] {
  if (result.status === 'fulfilled') return [];
  const { code, message } = result.reason as { code?: string; message: string };
  return [[code, message.split('\n')[0]].filter(Boolean).join(' ')];
}
