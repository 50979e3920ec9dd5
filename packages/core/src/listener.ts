import { listenPauses, quotedChannel } from './listen.ts';
import { ListenConnection, type Loss, type MakeWire } from './listen-connection.ts';
import { type ListenGap, reportConnectionError, reportListenGap } from './lost-connection.ts';
import { growing } from './pauses.ts';
import { outOfScope } from './settings.ts';

/** Somebody who listens to a channel. */
export interface ChannelListener<TNotification> {
  hear(notification: TNotification): void;
  /** It listens again, after a time in which it did not. */
  again(gap: ListenGap): void;
}

/**
 * All that a pool listens to, over one connection that is made again whenever it is lost.
 *
 * ```ts
 * const listener = new Listener<Notification, string>((hear) => wireOf(makeClient(), hear))
 * await listener.listen('notes', { hear: ({ payload }) => refresh(payload), again: () => refreshAll() })
 * ```
 */
export class Listener<TNotification extends { readonly channel: string }, TAnswer> {
  readonly #make: MakeWire<TNotification, TAnswer>;
  /** Each with whether it was ever listened to. */
  readonly #channels = new Map<string, Map<ChannelListener<TNotification>, boolean>>();
  /** The connection, or the attempt at one. */
  #coming: Promise<ListenConnection<TNotification, TAnswer>> | undefined;
  #connection: ListenConnection<TNotification, TAnswer> | undefined;
  /** Ends the pause before the next attempt. */
  #wake: () => void = () => {};

  constructor(make: MakeWire<TNotification, TAnswer>) {
    this.#make = make;
  }

  /**
   * Resolves when the server listens, with its answer.
   *
   * @throws ConfigError for a name that is none, and when the first connection cannot be made, its error
   */
  async listen(channel: string, one: ChannelListener<TNotification>): Promise<TAnswer> {
    quotedChannel(channel);
    const those = this.#channels.get(channel) ?? new Map();
    this.#channels.set(channel, those.set(one, false));
    try {
      this.#coming ??= outOfScope(() => this.#open());
      this.#wake();
      const connection = await this.#coming;
      const answer = await outOfScope(() => connection.listen(channel));
      if (those.has(one)) those.set(one, true);
      return answer;
    } catch (error) {
      await this.unlisten(channel, one);
      throw error;
    }
  }

  /** Ends it as far as this one goes, with the answer of the server where the channel has no other. May be called again. */
  async unlisten(channel: string, one: ChannelListener<TNotification>): Promise<TAnswer | undefined> {
    const those = this.#channels.get(channel);
    if (!those?.delete(one) || those.size > 0) return undefined;
    this.#channels.delete(channel);
    const answer = await this.#connection?.unlisten(channel);
    // Somebody may have come in the meantime.
    if (this.#channels.size === 0) await this.#close();
    return answer;
  }

  /** Closes the connection, and makes none any more. */
  async end(): Promise<void> {
    this.#channels.clear();
    await this.#close();
  }

  async #close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#coming = undefined;
    this.#wake();
    await connection?.close();
  }

  async #open(): Promise<ListenConnection<TNotification, TAnswer>> {
    const connection = new ListenConnection<TNotification, TAnswer>(this.#make, (notification) => {
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

  #hear(notification: TNotification): void {
    for (const one of [...(this.#channels.get(notification.channel)?.keys() ?? [])]) {
      calling(() => one.hear(notification));
    }
  }

  /** Tells those that were listening when the connection was lost. Whoever came later has missed nothing. */
  #reportGap({ error, since }: Loss): void {
    const heard = Array.from(
      this.#channels,
      ([channel, those]) => [channel, [...those.keys()].filter((one) => those.get(one))] as const,
    ).filter(([, those]) => those.length > 0);
    if (heard.length === 0) return;
    const gap: ListenGap = { since, until: new Date(), error };
    reportListenGap({ ...gap, channels: heard.map(([channel]) => channel) });
    for (const one of heard.flatMap(([, those]) => those)) calling(() => one.again(gap));
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
