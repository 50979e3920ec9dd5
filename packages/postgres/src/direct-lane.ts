import { AsyncResource } from 'node:async_hooks';
import { configError, guard } from '@poolsafe/core';
import { assertDirect, type ChannelListener, Listener, mostSessions } from '@poolsafe/core/direct';
import type postgres from 'postgres';
import type { Driver, MakeDriver } from './driver.ts';
import { type Destination, type Engine, leaseReady, makeEngine } from './engine.ts';
import { connectionError } from './errors-of-driver.ts';
import { type Notification, wireOf } from './listen-wire.ts';
import { type Session, sessionOn } from './session.ts';
import { type CommandResult, outcomeOf } from './transaction.ts';

type Listen = Driver['listen'];
type Subscribe = Driver['subscribe'];

/** What a {@link DirectLane} belongs to. */
export interface LaneOwner {
  readonly make: MakeDriver;
  /** Where the client itself leads. */
  readonly own: Destination;
  /** What is under `poolsafe.direct`, where there is something. */
  readonly direct: (() => Destination) | undefined;
}

/** The way to PostgreSQL without the pooler, made when it is first used. */
export class DirectLane {
  readonly #owner: LaneOwner;
  #direct: Destination | undefined;
  #sessions: Engine | undefined;
  #listener: Listener<Notification, CommandResult> | undefined;
  #ended = false;

  constructor(owner: LaneOwner) {
    this.#owner = owner;
  }

  /** Runs `work` with a connection that nobody has used, and that nobody uses afterwards. */
  async session(what: string, work: (session: Session) => unknown): Promise<unknown> {
    const { plan, base } = this.#owner.own;
    assertDirect(what, plan, { host: base.options.host[0] ?? '' });
    this.#checkEnd();
    this.#sessions ??= makeEngine(this.#owner.make, this.#destination(), { max: mostSessions });
    const lease = await leaseReady(this.#sessions, { retire: true });
    try {
      return await outcomeOf(work(sessionOn(lease, this.#sessions, this.#destination())));
    } finally {
      lease.close();
    }
  }

  /** `listen()` of the driver, which comes back whenever its connection is lost. */
  async listen(...[channel, hear, onListen = () => {}]: Parameters<Listen>): Promise<postgres.ListenMeta> {
    const { plan } = this.#owner.own;
    const error = plan.hasDirect ? undefined : guard(plan, 'listen channel', { inTransaction: false });
    if (error !== undefined) throw error;
    this.#checkEnd();
    this.#listener ??= new Listener((heard) => wireOf(this.#owner.make, this.#destination(), heard));
    const heard = AsyncResource.bind(hear);
    const listens = AsyncResource.bind(onListen);
    const one: ChannelListener<Notification> = {
      hear: ({ payload }) => heard(payload),
      again: () => listens(),
    };
    const { state } = await this.#listener.listen(channel, one);
    listens();
    // All that postgres.js gives, whatever its types say.
    return { state, unlisten: () => this.#listener?.unlisten(channel, one) } as never;
  }

  /** `subscribe()` of the driver. */
  async subscribe(...given: Parameters<Subscribe>): Promise<postgres.SubscriptionHandle> {
    const { plan, base } = this.#owner.own;
    if (plan.pooler.session.value === 'kept') return base.subscribe(...given);
    if (plan.hasDirect) return this.#destination().base.subscribe(...given);
    throw configError(
      `subscribe() needs a replication connection, which ${plan.pooler.title} does not give.`,
      '`poolsafe: { direct: … }` with a URL that reaches PostgreSQL without the pooler',
    );
  }

  /** Ends what there is, when the sessions are done, or after `timeout` seconds. */
  async end(timeout: number | null): Promise<void> {
    this.#ended = true;
    await Promise.all([
      this.#listener?.end(),
      this.#sessions?.pool.end(timeout),
      this.#direct?.base.end({ timeout: timeout ?? 5 }),
    ]);
  }

  #checkEnd(): void {
    if (this.#ended) throw connectionError('CONNECTION_ENDED', this.#owner.own.base.options);
  }

  #destination(): Destination {
    this.#direct ??= this.#owner.direct?.();
    return this.#direct ?? this.#owner.own;
  }
}
