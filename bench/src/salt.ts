import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { median, ratios, type Spread, takeTurns } from './pairs.ts';
import { serverTimes, usedBetween } from './server-cpu.ts';
import { type Servers, startServers } from './servers.ts';
import { amount, shown, table } from './table.ts';

/**
 * `shared`: what all processes send is the same, as with the same schema. `own`: as if each process had a salt of
 * its own. `unnamed`: bare `pg`.
 */
export type Mode = 'shared' | 'own' | 'unnamed';

const modes: readonly Mode[] = ['shared', 'own', 'unnamed'];

/** What a child process is told when it begins. */
export interface Orders {
  readonly urls: Readonly<Record<Mode, string>>;
  readonly connections: number;
}

/** Medians of a mode. */
interface SaltFigures {
  /** Executions per second. */
  readonly rate: number;
  /** CPU time of PostgreSQL for each execution, in microseconds. */
  readonly backends: number | undefined;
  /** How often PgBouncer had PostgreSQL parse, for each execution. */
  readonly parses: number;
}

/** So many processes with the same 50 hot statements, through a PgBouncer that keeps 200 for each connection. */
export interface SaltResult {
  readonly processes: number;
  readonly modes: Readonly<Record<Mode, SaltFigures>>;
  /** Executions per second, own / shared. */
  readonly ownToShared: Spread;
  readonly sharedToUnnamed: Spread;
  readonly ownToUnnamed: Spread;
}

/** Connections of all processes together. */
const connections = 32;
const executions = 3200;

/** What it costs if the texts of several processes differ, at 1, 8 and 32 processes. */
export async function benchSalt(rounds: number): Promise<readonly SaltResult[]> {
  await using servers = await startServers();
  const results: SaltResult[] = [];
  for (const processes of [1, 8, 32]) results.push(await benchProcesses(servers, processes, rounds));
  return results;
}

async function benchProcesses(servers: Servers, processes: number, rounds: number): Promise<SaltResult> {
  const databases = {
    shared: await servers.createDatabase(),
    own: await servers.createDatabase(),
    unnamed: await servers.createDatabase(),
  };
  const { url } = servers.stack.pgbouncer('latest');
  const urls = { shared: url(databases.shared), own: url(databases.own), unnamed: url(databases.unnamed) };
  const orders: Orders = { urls, connections: connections / processes };
  const children: ChildProcess[] = [];
  for (let n = 0; n < processes; n += 1) children.push(await startChild(orders));
  const measures = modes.map((mode) => () => measure(servers, children, mode, databases[mode]));
  const [shared = [], own = [], unnamed = []] = await takeTurns(rounds, measures);
  for (const child of children) child.disconnect();
  await Promise.all(children.map((child) => once(child, 'exit')));
  for (const database of Object.values(databases)) await servers.stack.dropDatabase(database);
  const rate = (figures: SaltFigures) => figures.rate;
  return {
    processes,
    modes: { shared: medians(shared), own: medians(own), unnamed: medians(unnamed) },
    ownToShared: ratios(own, shared, rate),
    sharedToUnnamed: ratios(shared, unnamed, rate),
    ownToUnnamed: ratios(own, unnamed, rate),
  };
}

async function startChild(orders: Orders): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('salt-child.ts', import.meta.url)), [JSON.stringify(orders)]);
  await once(child, 'message');
  return child;
}

async function measure(
  servers: Servers,
  children: readonly ChildProcess[],
  mode: Mode,
  database: string,
): Promise<SaltFigures> {
  const [start, parsed] = [
    await serverTimes(servers.admin, database, undefined),
    await parses(servers, database),
  ];
  const started = performance.now();
  await Promise.all(
    children.map(async (child) => {
      child.send({ mode, executions: executions / children.length });
      await once(child, 'message');
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  const end = await serverTimes(servers.admin, database, undefined);
  return {
    rate: executions / seconds,
    backends: start && end && usedBetween(start, end).backends / executions,
    parses: ((await parses(servers, database)) - parsed) / executions,
  };
}

async function parses({ stack }: Servers, database: string): Promise<number> {
  const rows = await stack.pgbouncer('latest').admin('SHOW STATS');
  return Number(rows.find((row) => row.database === database)?.total_server_parse_count ?? 0);
}

function medians(figures: readonly SaltFigures[]): SaltFigures {
  const middle = (of: (figures: SaltFigures) => number) => median(figures.map(of));
  return {
    rate: middle(({ rate }) => rate),
    backends: figures[0]?.backends === undefined ? undefined : middle(({ backends }) => backends ?? 0),
    parses: middle((one) => one.parses),
  };
}

export function showSalt(results: readonly SaltResult[]): string {
  const rows = results.flatMap(({ processes, modes: found, ...ratios }) => {
    const ratioOf = {
      shared: [shown(ratios.sharedToUnnamed), '–'],
      own: [shown(ratios.ownToUnnamed), shown(ratios.ownToShared)],
      unnamed: ['–', '–'],
    };
    return modes.map((mode) => {
      const { rate, backends, parses } = found[mode];
      const figures = [amount(rate), amount(backends), amount(parses, 2)];
      return [String(processes), mode, ...figures, ...ratioOf[mode]];
    });
  });
  const head = ['Processes', 'texts', '/s', 'PostgreSQL µs', 'parses', '/ unnamed', '/ shared'];
  const text = `50 four-way joins, ${connections} connections of all processes together, PgBouncer that keeps 200 statements for each of its 5 connections. shared: all processes send the same texts, as with the same schema. own: each process has texts of its own. unnamed: bare \`pg\`. parses: how often PgBouncer had a named statement parsed, for each execution.`;
  return `${text}\n\n${table(head, rows)}`;
}
