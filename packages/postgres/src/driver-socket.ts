import { EventEmitter } from 'node:events';
import type { RawSocket } from './driver.ts';
import { messageReader, type Observer } from './server-messages.ts';

/** What is told of a socket. Each message is told before the driver reads it. */
export interface SocketEvents extends Omit<Observer, 'empty'> {
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
  /** How often the driver has asked for a ReadyForQuery that has not come: more than once, after some errors. */
  #asked = 0;
  /** The driver has said goodbye, and waits for the end. */
  #ending = false;

  constructor(raw: RawSocket, events: SocketEvents) {
    super();
    this.#raw = raw;
    const read = messageReader({
      ...events,
      ready: (status) => {
        // The first one ends the login, and was not asked for.
        this.#asked = Math.max(0, this.#asked - 1);
        if (this.#asked === 0) events.ready(status);
      },
      empty: () => {
        // A cursor of no statement, whose end the driver never asks for.
        if (this.#asked === 0) this.write(sync);
      },
    });
    let failure: Error | undefined;
    raw.on('data', (chunk: Buffer) => {
      if (this.#open) read(chunk);
      // Reading may have ended it.
      if (this.#open) this.emit('data', chunk);
      // The driver pauses for the reader of a COPY, and goes on when that asks for more: at its end it never does.
      if (this.#asked === 0) raw.resume();
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

  /** Whether a ReadyForQuery is still to come. */
  get isAsked(): boolean {
    return this.#asked > 0;
  }

  get readyState(): string {
    return this.#raw.readyState;
  }

  write(data: Uint8Array, callback?: (error?: Error | null) => void): boolean {
    if (this.#open) {
      this.#asked += timesAsked(data);
      return this.#raw.write(data, callback);
    }
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

const sync = Buffer.from([0x53, 0, 0, 0, 4]);
const asking: readonly unknown[] = [sync[0], 'Q'.charCodeAt(0)];

/** How many messages in `data` are answered with ReadyForQuery. The driver writes whole messages. */
function timesAsked(data: Uint8Array): number {
  const { buffer, byteOffset, byteLength } = data;
  const view = new DataView(buffer, byteOffset, byteLength);
  let times = 0;
  // The login, which comes first, begins with its length, and that with a zero.
  for (let at = 0; at + 5 <= byteLength && data[at] !== 0; at += 1 + view.getUint32(at + 1)) {
    if (asking.includes(data[at])) times += 1;
  }
  return times;
}
