import { liveness, quotedChannel } from '@poolsafe/core';
import type pg from 'pg';

/** How a {@link ListenConnection} was lost. */
export interface Loss {
  readonly error: Error;
  /** When it last showed that it was alive. What was sent after that may not have arrived. */
  readonly since: Date;
}

/** A connection that does nothing but listen, and that notices when the other side is gone without a word. */
export class ListenConnection {
  /** Settles when the connection is lost, not when it is closed. */
  readonly lost: Promise<Loss>;
  readonly #client: pg.Client;
  /** The channels it listens to, or is about to. */
  readonly #heard = new Map<string, Promise<void>>();
  #alive = new Date();
  #isOpen = false;
  #check: NodeJS.Timeout | undefined;

  constructor(client: pg.Client, hear: (notification: pg.Notification) => void) {
    this.#client = client;
    client.on('notification', (notification) => {
      this.#alive = new Date();
      hear(notification);
    });
    this.lost = this.#loss();
  }

  /** Connects. */
  async open(): Promise<void> {
    await this.#client.connect();
    this.#isOpen = true;
    this.#checkLater();
  }

  /** Listens to a channel, unless it does already. */
  listen(channel: string): Promise<void> {
    const known = this.#heard.get(channel);
    if (known !== undefined) return known;
    const heard = this.#ask(`listen ${quotedChannel(channel)}`);
    this.#heard.set(channel, heard);
    heard.catch(() => this.#heard.get(channel) === heard && this.#heard.delete(channel));
    return heard;
  }

  /** Resolves when nothing comes on this channel any more, which a lost connection sees to as well. */
  async unlisten(channel: string): Promise<void> {
    if (!this.#heard.delete(channel)) return;
    await this.#ask(`unlisten ${quotedChannel(channel)}`).catch(() => {});
  }

  /** Closes it, in bounded time. */
  async close(): Promise<void> {
    clearTimeout(this.#check);
    // Of one that is not connected yet, pg would never say that it has ended.
    if (!this.#isOpen) return this.#destroy();
    this.#isOpen = false;
    const deadline = setTimeout(() => this.#destroy(), liveness.deadline);
    await this.#client.end();
    clearTimeout(deadline);
  }

  async #ask(text: string): Promise<void> {
    const seconds = liveness.deadline / 1000;
    const silent = () => this.#destroy(new Error(`PostgreSQL has not answered for ${seconds} seconds.`));
    const deadline = setTimeout(silent, liveness.deadline);
    try {
      await this.#client.query(text);
      this.#alive = new Date();
    } finally {
      clearTimeout(deadline);
    }
  }

  #checkLater(): void {
    this.#check = setTimeout(async () => {
      const failed = await this.#ask('select 1').catch((error: Error) => error);
      if (!this.#isOpen) return;
      if (failed === undefined) this.#checkLater();
      else this.#destroy(failed);
    }, liveness.every);
  }

  /** The error reaches whoever waits for an answer. */
  #destroy(error?: Error): void {
    this.#client.connection.stream.destroy(error);
  }

  #loss(): Promise<Loss> {
    return new Promise((resolve) => {
      let error = new Error('Connection terminated unexpectedly');
      this.#client.once('error', (first) => {
        error = first;
      });
      this.#client.once('end', () => {
        clearTimeout(this.#check);
        if (this.#isOpen) resolve({ error, since: this.#alive });
        this.#isOpen = false;
      });
    });
  }
}
