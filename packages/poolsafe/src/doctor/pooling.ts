import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from './session.ts';

/** When a client keeps its server connection. `direct`: it has one of its own. */
export type Mode = 'direct' | 'session' | 'transaction' | 'statement';

/** What two clients at once have seen. */
export interface PoolingFacts {
  readonly mode: Mode;
  /** Whether a second client was served by the server process of the first, while that was connected. */
  readonly shared: boolean;
  /** Whether one client was served by several server processes. */
  readonly moved: boolean;
  /** Whether the second client had to wait for the first to leave. */
  readonly full: boolean;
  readonly evidence: string;
}

const ROUNDS = 5;
/**
 * Before each question. A pooler takes its server connection back a moment after it has answered: asked before that,
 * it gives each client the one that it had (Odyssey 1.5.2, one run of six).
 */
const SETTLING = 20;
/** How long a second client waits for a server connection that nobody uses, before it counts as not given. */
const PATIENCE = 1_000;

/**
 * Finds out when a client keeps its server connection, with two clients that take turns. In transaction mode a pooler
 * gives the next one that asks what was used last (PgBouncer), so that they share it, or what was used longest ago
 * (Odyssey, PgBouncer with server_round_robin), so that a client that asks twice moves. Where both keep a process of
 * their own in each round, it is session mode.
 */
export async function examinePooling(
  first: Session,
  openSecond: () => Promise<Session>,
): Promise<PoolingFacts> {
  const mine = [await pidOf(first), await pidOf(first)];
  const opening = openSecond();
  const second = await inTime(opening, PATIENCE);
  if (second === undefined) {
    opening.then(
      (late) => late.close(),
      () => {},
    );
    return waited('a second login');
  }
  try {
    return await takeTurns(first, second, mine);
  } finally {
    await second.close();
  }
}

async function takeTurns(first: Session, second: Session, mine: string[]): Promise<PoolingFacts> {
  const theirs: string[] = [];
  const seen = () => ({
    shared: mine.some((pid) => theirs.includes(pid)),
    moved: new Set(mine).size > 1 || new Set(theirs).size > 1,
  });
  for (let round = 0; round < ROUNDS; round++) {
    const asking = pidOf(second);
    const pid = await inTime(asking, PATIENCE);
    if (pid === undefined) {
      asking.catch(() => {});
      return waited('a second client');
    }
    // Each twice: taken in turn, two server connections would look like one for each client.
    theirs.push(pid, await pidOf(second));
    if (seen().shared || (isOwn(first, mine) && isOwn(second, theirs))) break;
    mine.push(await pidOf(first), await pidOf(first));
  }
  const { shared, moved } = seen();
  const isDirect = isOwn(first, mine) && isOwn(second, theirs) && !shared;
  const isPooled = shared || moved;
  const refused = await beginRefused(second);
  const mode = isDirect ? 'direct' : refused ? 'statement' : isPooled ? 'transaction' : 'session';
  const evidence = [
    `login said process ${first.pid}`,
    `client A was served by ${unique(mine)}, client B by ${unique(theirs)}`,
    ...(refused === undefined ? [] : [`BEGIN: ${refused}`]),
  ].join('; ');
  return { mode, shared, moved, full: false, evidence };
}

/** Whether the process that the login named is the one that answers. */
function isOwn({ pid }: Session, seen: readonly string[]): boolean {
  return seen.every((other) => other === String(pid));
}

function waited(who: string): PoolingFacts {
  const evidence = `${who} got no server connection for ${PATIENCE / 1000} s while the first was idle`;
  return { mode: 'session', shared: false, moved: false, full: true, evidence };
}

/** A transaction of nothing. In statement mode poolers refuse it, with an error that says so. */
async function beginRefused(session: Session): Promise<string | undefined> {
  try {
    await session.query('begin');
    await session.query('rollback');
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    if (/statement pooling mode/i.test(message)) return message;
    throw error;
  }
}

async function pidOf(session: Session): Promise<string> {
  await sleep(SETTLING);
  const [row] = await session.query('select pg_catalog.pg_backend_pid()::text as pid');
  return row?.pid ?? '';
}

function unique(pids: readonly string[]): string {
  return [...new Set(pids)].join(', ');
}

/** `undefined` when it takes longer. */
async function inTime<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
