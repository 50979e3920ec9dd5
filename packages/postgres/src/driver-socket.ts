import { EventEmitter } from 'node:events';
import type { RawSocket } from './driver.ts';
import { messageReader, type Observer } from './server-messages.ts';

/** What is told of a socket. Each message is told before the driver reads it. */
export interface SocketEvents extends Observer {
  /** The server has closed the connection, or the network has. */
  closed(error: Error | undefined): void;
}

/**
 * What the driver takes for its socket. It is not told when the connection is lost: it would write to a socket
 * that it no longer has, fail queries of its own that nobody waits for, and connect again, each of which has
 * ended a process or left a query waiting.
 */
export class DriverSocket extends EventEmitter {
  readonly #raw: RawSocket;
  #open = true;
  /** The driver has said goodbye, and waits for the end. */
  #ending = false;

  constructor(raw: RawSocket, events: SocketEvents) {
    super();
    this.#raw = raw;
    const read = messageReader(events);
    let failure: Error | undefined;
    raw.on('data', (chunk: Buffer) => {
      if (this.#open) read(chunk);
      // Reading may have ended it.
      if (this.#open) this.emit('data', chunk);
    });
    raw.on('drain', () => this.emit('drain'));
    raw.on('error', (error: Error) => {
      failure = error;
    });
    raw.on('close', () => {
      const wasOpen = this.#open;
      this.#open = false;
      if (this.#ending) this.emit('close', false);
      if (wasOpen) events.closed(failure);
    });
  }

  get readyState(): string {
    return this.#raw.readyState;
  }

  write(data: Uint8Array, callback?: (error?: Error | null) => void): boolean {
    if (this.#open) return this.#raw.write(data, callback);
    callback?.();
    return true;
  }

  end(data: Uint8Array): void {
    this.#ending = true;
    this.#raw.end(data);
  }

  /** Ends it without a word, to the driver neither. */
  destroy(): void {
    this.#open = false;
    this.#raw.destroy();
  }

  pause(): void {
    this.#raw.pause();
  }

  resume(): void {
    this.#raw.resume();
  }

  setKeepAlive(enable: boolean, milliseconds: number): void {
    // A tunnel may have none.
    this.#raw.setKeepAlive?.(enable, milliseconds);
  }
}
