import { AsyncResource } from 'node:async_hooks';
import type { ListenGap } from '@poolsafe/core';
import { Listener as CoreListener, type MakeWire } from '@poolsafe/core/direct';
import type pg from 'pg';

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

/** All that a pool listens to, over one client. */
export class Listener {
  readonly #listener: CoreListener<pg.Notification, unknown>;

  constructor(makeClient: () => pg.Client) {
    this.#listener = new CoreListener(wiresOf(makeClient));
  }

  async listen(channel: string, handler: ListenHandler, options: ListenOptions = {}): Promise<Listening> {
    const hear = AsyncResource.bind(handler);
    const one = {
      hear: (notification: pg.Notification) => hear(notification.payload ?? '', notification),
      again: AsyncResource.bind(options.onGap ?? (() => {})),
    };
    await this.#listener.listen(channel, one);
    return {
      unlisten: async () => {
        await this.#listener.unlisten(channel, one);
      },
    };
  }

  end(): Promise<void> {
    return this.#listener.end();
  }
}

function wiresOf(makeClient: () => pg.Client): MakeWire<pg.Notification, unknown> {
  return (hear) => {
    const client = makeClient();
    client.on('notification', hear);
    const lost = new Promise<Error>((resolve) => {
      let error = new Error('Connection terminated unexpectedly');
      client.once('error', (first) => {
        error = first;
      });
      client.once('end', () => resolve(error));
    });
    return {
      lost,
      connect: () => client.connect(),
      query: (text) => client.query(text),
      end: () => client.end(),
      destroy: (error) => client.connection.stream.destroy(error),
    };
  };
}
