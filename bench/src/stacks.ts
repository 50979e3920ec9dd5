import { during, load } from './load.ts';
import { median, ratios, type Spread, takeTurns } from './pairs.ts';
import { processOf, serverTimes, usedBetween } from './server-cpu.ts';
import { type Servers, startServers, type Target } from './servers.ts';
import { stacks } from './stacks/all.ts';
import { assertNames, namedStatements } from './stacks/names.ts';
import { type Operation, operations, run } from './stacks/operations.ts';
import type { App, Side, Stack } from './stacks/stack.ts';

/** Clients at the same time, and connections of each pool of a client. */
export const clients = 10;
const milliseconds = 300;

/** Medians. CPU time in microseconds for each operation; nothing where the system does not tell. */
export interface Figures {
  /** Operations per second. */
  readonly rate: number;
  readonly client: number;
  readonly backends: number | undefined;
  readonly pooler: number | undefined;
  /** Named statements that a connection to PostgreSQL had at the end. */
  readonly statements: number;
}

/** An operation of a stack at a target, bare and poolsafe and, where names can be given by hand, so named. */
export interface StackResult {
  readonly stack: string;
  readonly target: string;
  readonly kind: Target['kind'];
  readonly operation: Operation;
  readonly sides: Readonly<Partial<Record<Side, Figures>>>;
  /** Operations per second, poolsafe / bare. */
  readonly ratio: Spread;
  /** CPU time of PostgreSQL's processes for each operation, poolsafe / bare. */
  readonly backendsRatio: Spread | undefined;
  /** Operations per second, poolsafe / named by hand. */
  readonly toNamed: Spread | undefined;
  /** Processes of PostgreSQL that ended in a measurement: what they used is not in it. */
  readonly gone: number;
}

interface Sample {
  readonly rate: number;
  readonly client: number;
  readonly backends: number | undefined;
  readonly pooler: number | undefined;
  readonly gone: number;
}

/** One side of a stack, at work. */
interface Running {
  readonly side: Side;
  readonly app: App;
  readonly database: string;
}

/** Everything that was measured, and the version of PostgreSQL. */
export interface StackResults {
  readonly postgres: string;
  readonly results: readonly StackResult[];
}

/** Each stack on each target, `pairs` times in turn. */
export async function benchStacks(pairs: number, chosen: readonly Stack[] = stacks): Promise<StackResults> {
  await using servers = await startServers();
  const results: StackResult[] = [];
  for (const target of servers.targets) {
    for (const stack of chosen) results.push(...(await benchStack(servers, target, stack, pairs)));
  }
  return { postgres: servers.stack.postgres.version, results };
}

async function benchStack(
  servers: Servers,
  target: Target,
  stack: Stack,
  pairs: number,
): Promise<StackResult[]> {
  const sides: Side[] = ['bare', 'poolsafe'];
  // Names given by hand, in an ORM or on a classic pooler, are not what applications can do.
  if (stack.name === 'pg' && target.kind !== 'classic') sides.push('named');
  const running: Running[] = [];
  try {
    for (const side of sides) {
      const database = await servers.createDatabase();
      const opening = { side, url: target.url(database), max: clients, kind: target.kind };
      running.push({ side, app: await stack.open(opening), database });
    }
    const results: StackResult[] = [];
    for (const operation of Object.keys(operations) as Operation[]) {
      results.push(await benchOperation({ servers, target, stack, pairs, running }, operation));
    }
    return results;
  } finally {
    await Promise.all(running.map(({ app }) => app.end()));
    for (const { database } of running) await servers.dropDatabase(database, target);
  }
}

interface Setting {
  readonly servers: Servers;
  readonly target: Target;
  readonly stack: Stack;
  readonly pairs: number;
  readonly running: readonly Running[];
}

async function benchOperation(setting: Setting, operation: Operation): Promise<StackResult> {
  const { servers, target, stack, pairs, running } = setting;
  const pooler = target.pooler && processOf(target.pooler);
  const before = await Promise.all(running.map(({ app }) => namedStatements(app)));
  const measures = running.map(({ app, database }) => async (): Promise<Sample> => {
    const start = await serverTimes(servers.admin, database, pooler);
    const { times, seconds, cpu } = await load(clients, during(milliseconds), (i) => run(operation, app, i));
    const end = await serverTimes(servers.admin, database, pooler);
    const used = start && end && usedBetween(start, end);
    return {
      rate: times / seconds,
      client: cpu / times,
      backends: used && used.backends / times,
      pooler: used && target.pooler && used.pooler / times,
      gone: used?.gone ?? 0,
    };
  });
  const samples = await takeTurns(pairs, measures);
  const after = await Promise.all(running.map(({ app }) => namedStatements(app)));
  assertNames({ stack, target: target.name, kind: target.kind, operation }, running, before, after);
  const of = (side: Side) => samples[running.findIndex((other) => other.side === side)];
  const [bare, safe, named] = [of('bare') ?? [], of('poolsafe') ?? [], of('named')];
  const isTimed = bare[0]?.backends !== undefined;
  return {
    stack: stack.name,
    target: target.name,
    kind: target.kind,
    operation,
    sides: Object.fromEntries(running.map(({ side }, n) => [side, figures(samples[n], after[n])])),
    ratio: ratios(safe, bare, ({ rate }) => rate),
    backendsRatio: isTimed ? ratios(safe, bare, ({ backends }) => backends ?? 0) : undefined,
    toNamed: named && ratios(safe, named, ({ rate }) => rate),
    gone: samples.flat().reduce((sum, { gone }) => sum + gone, 0),
  };
}

function figures(samples: readonly Sample[] = [], statements: ReadonlySet<string> = new Set()): Figures {
  const middle = (of: (sample: Sample) => number | undefined) => {
    const numbers = samples.map(of).filter((number) => number !== undefined);
    return numbers.length === 0 ? undefined : median(numbers);
  };
  return {
    rate: middle(({ rate }) => rate) ?? 0,
    client: middle(({ client }) => client) ?? 0,
    backends: middle(({ backends }) => backends),
    pooler: middle(({ pooler }) => pooler),
    statements: statements.size,
  };
}
