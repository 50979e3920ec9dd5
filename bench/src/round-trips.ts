import { countFlights } from '@poolsafe/stack';
import { type Servers, startServers, type Target } from './servers.ts';
import { stacks } from './stacks/all.ts';
import { operations, run } from './stacks/operations.ts';
import type { Queries, Side, Stack } from './stacks/stack.ts';
import { table } from './table.ts';

type Counted = Exclude<keyof Queries, 'join'>;

const counted: Readonly<Record<Counted, string>> = {
  select: operations.select,
  insert: operations.insert,
  list: operations.list,
  transaction: 'transaction of one select',
};

/** What is run before anything is counted: logins, what is looked up at the first use, and naming are over. */
const warmUp = 5;

/** How often a client sends something and waits for the answer. */
export interface RoundTrips {
  readonly stack: string;
  readonly target: string;
  readonly side: Side;
  readonly trips: Readonly<Record<Counted, number>>;
}

/** Counted on the wire, not timed: the same in each run. */
export async function benchRoundTrips(): Promise<readonly RoundTrips[]> {
  await using servers = await startServers();
  const found: RoundTrips[] = [];
  for (const stack of stacks) {
    for (const target of servers.targets) {
      for (const side of ['bare', 'poolsafe'] as const) {
        const trips = await tripsOf(servers, target, stack, side);
        found.push({ stack: stack.name, target: target.name, side, trips });
      }
    }
  }
  return found;
}

async function tripsOf(
  { stack: { postgres }, createDatabase }: Servers,
  { pooler, url, kind }: Target,
  stack: Stack,
  side: Side,
): Promise<RoundTrips['trips']> {
  await using counter = await countFlights((pooler ?? postgres).address);
  const through = new URL(url(await createDatabase()));
  through.port = String(counter.port);
  const app = await stack.open({ side, url: through.href, max: 1, kind });
  const trips: [string, number][] = [];
  for (const operation of Object.keys(counted) as Counted[]) {
    for (let i = 0; i < warmUp; i += 1) await run(operation, app, i);
    const before = counter.flights;
    await run(operation, app, warmUp);
    trips.push([operation, counter.flights - before]);
  }
  await app.end();
  return Object.fromEntries(trips) as RoundTrips['trips'];
}

export function showRoundTrips(found: readonly RoundTrips[]): string {
  const operationsCounted = Object.keys(counted) as Counted[];
  const rows = found.flatMap(({ stack, target, side, trips }) => {
    if (side !== 'bare') return [];
    const safe = found.find((other) => {
      return other.stack === stack && other.target === target && other.side === 'poolsafe';
    });
    return [
      [stack, target, ...operationsCounted.map((name) => `${trips[name]} → ${safe?.trips[name] ?? '–'}`)],
    ];
  });
  return table(['Stack', 'Target', ...Object.values(counted)], rows);
}
