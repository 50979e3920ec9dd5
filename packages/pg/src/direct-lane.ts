import { directOptions, type Plan, type Target } from '@poolsafe/core';
import { assertDirect, connectDeadline, mostSessions } from '@poolsafe/core/direct';
import pg from 'pg';
import type { Client } from './client.ts';
import { copyOf, type Options, withoutStream } from './copied-options.ts';
import { guardedClient } from './guarded-client.ts';
import { Listener, type ListenHandler, type Listening, type ListenOptions } from './listener.ts';

/** What a {@link DirectLane} belongs to. */
interface LaneOwner {
  /** The options of the pool, with what pg makes of them. */
  readonly options: Options;
  readonly plan: Plan;
  readonly target: Pick<Target, 'host'>;
}

/** The way to PostgreSQL without the pooler, made when it is first used. */
export class DirectLane {
  readonly #owner: LaneOwner;
  /** The sessions in use, and those that are waited for. */
  readonly #running = new Set<Promise<unknown>>();
  #sessions: pg.Pool | undefined;
  #listener: Listener | undefined;

  constructor(owner: LaneOwner) {
    this.#owner = owner;
  }

  /** Runs `work` with a connection that nobody has used, and that nobody uses afterwards. */
  async session<T>(what: string, work: (client: Client) => T): Promise<Awaited<T>> {
    this.#check(what);
    this.#sessions ??= this.#makeSessions();
    const running = runIn(this.#sessions, work);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  async listen(channel: string, handler: ListenHandler, options?: ListenOptions): Promise<Listening> {
    this.#check('pool.listen()');
    this.#listener ??= new Listener(() => this.#makeListening());
    return this.#listener.listen(channel, handler, options);
  }

  /** Ends what there is, when the sessions are done. */
  async end(): Promise<void> {
    await this.#listener?.end();
    // pg leaves those who wait for a connection waiting for ever.
    await Promise.allSettled(this.#running);
    await this.#sessions?.end();
  }

  #check(what: string): void {
    const { plan, target } = this.#owner;
    assertDirect(what, plan, target);
  }

  #makeSessions(): pg.Pool {
    const options = this.#options();
    const sessions = new pg.Pool(Object.assign(options, { max: mostSessions, min: 0 }));
    // The client has reported the error already. Without a listener it would end the process.
    sessions.on('error', () => {});
    return sessions;
  }

  #makeListening(): pg.Client {
    const options = this.#options();
    const { connectionTimeoutMillis, poolsafe } = options;
    const Guarded = guardedClient((options.Client ?? pg.Client) as typeof pg.Client);
    const own: Options = {
      connectionTimeoutMillis: connectionTimeoutMillis || connectDeadline,
      // It has nothing to prepare, and must not wait for the answer to a probe when it ends.
      poolsafe: { ...poolsafe, statements: 'never' },
    };
    return new Guarded(Object.assign(options, own));
  }

  /** The options of the pool, but for the address. */
  #options(): Options {
    const { options } = this.#owner;
    const { direct, ...poolsafe } = options.poolsafe ?? {};
    const keepAlive = options.keepAlive ?? true;
    if (direct === undefined) return Object.assign(copyOf(options), { keepAlive });
    return Object.assign(withoutStream(options), { keepAlive }, directOptions(direct), {
      poolsafe: { ...poolsafe, pooler: 'direct' as const },
    });
  }
}

async function runIn<T>(sessions: pg.Pool, work: (client: Client) => T): Promise<Awaited<T>> {
  const client = (await sessions.connect()) as pg.PoolClient & Client;
  const { release } = client;
  // It is closed when the work is done, which nobody may anticipate by habit.
  client.release = () => {};
  try {
    return await work(client);
  } finally {
    release(true);
  }
}
