import { AsyncResource } from 'node:async_hooks';
import {
  growing,
  type ListenGap,
  listenPauses,
  outOfScope,
  quotedChannel,
  reportConnectionError,
  reportListenGap,
} from '@poolsafe/core';
import type pg from 'pg';
import { ListenConnection, type Loss } from './listen-connection.ts';

/** Gets what was sent on a channel. */
export type ListenHandler = (payload: string, notification: pg.Notification) => void;

/** Options of `pool.listen()`. */
export interface ListenOptions {
  /** Called when notifications may have been lost, once it listens again: read what they would have told. */
  readonly onGap?: ((gap: ListenGap) => void) | undefined;
}

/** What `pool.listen()` gives. */
export interface Listening {
  /** Ends it, as far as this handler goes. May be called again. */
  unlisten(): Promise<void>;
}

/** One handler of one channel. */
interface Subscription {
  readonly hear: ListenHandler;
  readonly onGap: (gap: ListenGap) => void;
  /** Whether it was ever listened to. */
  isHeard: boolean;
}

/** All that a pool listens to, over one connection that is made again whenever it is lost. */
export class Listener {
  readonly #makeClient: () => pg.Client;
  readonly #channels = new Map<string, Set<Subscription>>();
  /** The connection, or the attempt at one. */
  #coming: Promise<ListenConnection> | undefined;
  #connection: ListenConnection | undefined;
  /** Ends the pause before the next attempt. */
  #wake: () => void = () => {};

  constructor(makeClient: () => pg.Client) {
    this.#makeClient = makeClient;
  }

  async listen(channel: string, handler: ListenHandler, options: ListenOptions = {}): Promise<Listening> {
    quotedChannel(channel);
    const subscription: Subscription = {
      hear: AsyncResource.bind(handler),
      onGap: AsyncResource.bind(options.onGap ?? (() => {})),
      isHeard: false,
    };
    const those = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, those.add(subscription));
    try {
      this.#coming ??= outOfScope(() => this.#open());
      this.#wake();
      const connection = await this.#coming;
      await outOfScope(() => connection.listen(channel));
    } catch (error) {
      await this.#remove(channel, subscription);
      throw error;
    }
    subscription.isHeard = true;
    return { unlisten: () => this.#remove(channel, subscription) };
  }

  /** Closes the connection, and makes none any more. */
  async end(): Promise<void> {
    this.#channels.clear();
    await this.#close();
  }

  async #remove(channel: string, subscription: Subscription): Promise<void> {
    const those = this.#channels.get(channel);
    if (!those?.delete(subscription) || those.size > 0) return;
    this.#channels.delete(channel);
    await (this.#channels.size === 0 ? this.#close() : this.#connection?.unlisten(channel));
  }

  async #close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#coming = undefined;
    this.#wake();
    await connection?.close();
  }

  async #open(): Promise<ListenConnection> {
    const connection = new ListenConnection(this.#makeClient(), (notification) => {
      if (this.#connection === connection) this.#hear(notification);
    });
    this.#connection = connection;
    try {
      await connection.open();
      await Promise.all(Array.from(this.#channels.keys(), (channel) => connection.listen(channel)));
    } catch (error) {
      await connection.close();
      throw error;
    }
    connection.lost.then((loss) => {
      if (this.#connection === connection) this.#again(loss, growing(listenPauses));
    });
    return connection;
  }

  /** Listens again after a pause, and again, until it does or nobody wants it any more. */
  #again(loss: Loss, pauses: Generator<number, never>): void {
    const attempt = this.#pause(pauses.next().value).then(() => {
      // Closed in the meantime; whoever listens by now has made another attempt.
      if (this.#coming !== attempt) throw loss.error;
      return this.#open();
    });
    this.#coming = attempt;
    attempt.then(
      () => this.#reportGap(loss),
      (error) => {
        if (this.#coming !== attempt) return;
        reportConnectionError(error);
        this.#again(loss, pauses);
      },
    );
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #hear(notification: pg.Notification): void {
    for (const { hear } of [...(this.#channels.get(notification.channel) ?? [])]) {
      calling(() => hear(notification.payload ?? '', notification));
    }
  }

  /** Tells those that were listening when the connection was lost. Whoever came later has missed nothing. */
  #reportGap({ error, since }: Loss): void {
    const heard = Array.from(
      this.#channels,
      ([channel, those]) => [channel, [...those].filter(({ isHeard }) => isHeard)] as const,
    ).filter(([, those]) => those.length > 0);
    if (heard.length === 0) return;
    const gap: ListenGap = { since, until: new Date(), error };
    reportListenGap({ ...gap, channels: heard.map(([channel]) => channel) });
    for (const { onGap } of heard.flatMap(([, those]) => those)) calling(() => onGap(gap));
  }
}

/** What the application throws is an uncaught exception, as with a listener of pg, and the others are called too. */
function calling(call: () => void): void {
  try {
    call();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
