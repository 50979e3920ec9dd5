import { liveness, quotedChannel } from './listen.ts';

/** How a {@link ListenConnection} was lost. */
export interface Loss {
  readonly error: Error;
  /** When it last showed that it was alive. What was sent after that may not have arrived. */
  readonly since: Date;
}

/** A connection of a driver that nobody else uses. */
export interface Wire<TAnswer> {
  /** Resolves, with the error there was, when it is closed: by the other side at least. */
  readonly lost: Promise<Error>;
  connect(): Promise<unknown>;
  query(text: string): Promise<TAnswer>;
  /** Says goodbye. Resolves when it is closed. */
  end(): Promise<unknown>;
  /** Closes it without a word. The error reaches whoever waits for an answer. */
  destroy(error?: Error): void;
}

/** Makes a connection that is not open yet, and that calls `hear` with each notification. */
export type MakeWire<TNotification, TAnswer> = (hear: (notification: TNotification) => void) => Wire<TAnswer>;

/** A connection that does nothing but listen, and that notices when the other side is gone without a word. */
export class ListenConnection<TNotification, TAnswer> {
  /** Settles when the connection is lost, not when it is closed. */
  readonly lost: Promise<Loss>;
  readonly #wire: Wire<TAnswer>;
  /** The channels it listens to, or is about to. */
  readonly #heard = new Map<string, Promise<TAnswer>>();
  #alive = new Date();
  #isOpen = false;
  #check: NodeJS.Timeout | undefined;

  constructor(make: MakeWire<TNotification, TAnswer>, hear: (notification: TNotification) => void) {
    this.#wire = make((notification) => {
      this.#alive = new Date();
      hear(notification);
    });
    this.lost = this.#loss();
  }

  /** Connects. */
  async open(): Promise<void> {
    await this.#wire.connect();
    this.#isOpen = true;
    this.#checkLater();
  }

  /** Listens to a channel, unless it does already. */
  listen(channel: string): Promise<TAnswer> {
    const known = this.#heard.get(channel);
    if (known !== undefined) return known;
    const heard = this.#ask(`listen ${quotedChannel(channel)}`);
    this.#heard.set(channel, heard);
    heard.catch(() => this.#heard.get(channel) === heard && this.#heard.delete(channel));
    return heard;
  }

  /** Resolves when nothing comes on this channel any more, which a lost connection sees to as well. */
  async unlisten(channel: string): Promise<TAnswer | undefined> {
    if (!this.#heard.delete(channel)) return undefined;
    return await this.#ask(`unlisten ${quotedChannel(channel)}`).catch(() => undefined);
  }

  /** Closes it, in bounded time. */
  async close(): Promise<void> {
    clearTimeout(this.#check);
    // Of one that is not connected yet, a driver may never say that it has ended.
    if (!this.#isOpen) return this.#wire.destroy();
    this.#isOpen = false;
    const deadline = setTimeout(() => this.#wire.destroy(), liveness.deadline);
    await this.#wire.end();
    clearTimeout(deadline);
  }

  async #ask(text: string): Promise<TAnswer> {
    const seconds = liveness.deadline / 1000;
    const silent = () => this.#wire.destroy(new Error(`PostgreSQL has not answered for ${seconds} seconds.`));
    const deadline = setTimeout(silent, liveness.deadline);
    try {
      const answer = await this.#wire.query(text);
      this.#alive = new Date();
      return answer;
    } finally {
      clearTimeout(deadline);
    }
  }

  #checkLater(): void {
    this.#check = setTimeout(async () => {
      const failed = await this.#ask('select 1').then(
        () => undefined,
        (error: Error) => error,
      );
      if (!this.#isOpen) return;
      if (failed === undefined) this.#checkLater();
      else this.#wire.destroy(failed);
    }, liveness.every);
  }

  async #loss(): Promise<Loss> {
    const error = await this.#wire.lost;
    clearTimeout(this.#check);
    // Closed by us: nothing was lost.
    if (!this.#isOpen) return new Promise(() => {});
    this.#isOpen = false;
    return { error, since: this.#alive };
  }
}
