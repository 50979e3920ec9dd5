import { EventEmitter } from 'node:events';
import type { Ahead } from './ahead.ts';
import type { RawSocket } from './driver.ts';
import { Answer } from './probe.ts';
import { type MessageReader, messageReader, type Observer } from './server-messages.ts';
import type { Taken } from './taken.ts';

/** What is told of a socket. Each message is told before the driver reads it. */
export interface SocketEvents extends Omit<Observer, 'empty'> {
  /** The server has closed the connection, or the network has. */
  closed(error: Error | undefined): void;
}

/** What was sent without the driver. */
interface Question {
  readonly answer: Taken;
  readonly done: () => void;
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
  readonly #reader: MessageReader;
  /** What the server has still to answer that the driver has not sent. */
  #question: Question | undefined;
  /** What is written at the end of a text that the driver sends through the extended protocol: a comment. */
  salt = '';
  /** What goes in front of the next statement that the driver sends. */
  ahead: Ahead | undefined;

  constructor(raw: RawSocket, events: SocketEvents) {
    super();
    this.#raw = raw;
    this.#reader = messageReader({
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
      const data = this.#question === undefined ? chunk : this.#withoutAnswer(this.#question, chunk);
      if (this.#open) this.#reader.read(data);
      // Reading may have ended it.
      if (this.#open && data.length > 0) this.emit('data', data);
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

  /** Whether the driver and the server have nothing to say, so that {@link DriverSocket.ask} can be called. */
  get isQuiet(): boolean {
    return this.#open && !this.isAsked && this.#reader.isWhole();
  }

  /** Asks the server something that the driver does not know of. The promise is left alone when the connection is lost. */
  ask(request: Buffer): Promise<Answer> {
    return new Promise((done) => {
      const answer = new Answer();
      this.#question = { answer, done: () => done(answer) };
      if (this.#open) this.#raw.write(request);
    });
  }

  #withoutAnswer({ answer, done }: Question, chunk: Buffer): Buffer {
    const others = answer.take(chunk);
    if (answer.isDone) {
      this.#question = undefined;
      done();
    }
    return others;
  }

  get readyState(): string {
    return this.#raw.readyState;
  }

  write(data: Uint8Array, callback?: (error?: Error | null) => void): boolean {
    if (this.#open) {
      this.#asked += timesAsked(data);
      const own = this.salt === '' ? data : salted(data, this.salt);
      return this.#raw.write(this.ahead === undefined ? own : this.#behind(this.ahead, own), callback);
    }
    callback?.();
    return true;
  }

  /** The same with `ahead` in front of its statement; what was left over of the query before, in front of both. */
  #behind(ahead: Ahead, data: Uint8Array): Uint8Array {
    const at = statementIn(data);
    if (at === undefined) return data;
    this.ahead = undefined;
    this.#question = { answer: ahead, done: () => {} };
    return Buffer.concat([data.subarray(0, at), ahead.send(), data.subarray(at)]);
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
const parse = 'P'.charCodeAt(0);
/** What a statement of the extended protocol begins with: Parse, or Bind where it is prepared. */
const beginnings: readonly unknown[] = [parse, 'B'.charCodeAt(0)];

/** How many messages in `data` are answered with ReadyForQuery. */
function timesAsked(data: Uint8Array): number {
  let times = 0;
  for (const [at] of messagesIn(data)) if (asking.includes(data[at])) times += 1;
  return times;
}

/** Where a statement begins. */
function statementIn(data: Uint8Array): number | undefined {
  for (const [at] of messagesIn(data)) if (beginnings.includes(data[at])) return at;
  return undefined;
}

/** The same with `salt` at the end of each text that is to be parsed: there it moves no position that an error tells. */
function salted(data: Uint8Array, salt: string): Buffer {
  const parts: Buffer[] = [];
  for (const [at, end] of messagesIn(data)) {
    const message = Buffer.from(data.subarray(at, end));
    if (message[0] !== parse) parts.push(message);
    else {
      const text = message.indexOf(0, message.indexOf(0, 5) + 1);
      message.writeUInt32BE(message.readUInt32BE(1) + Buffer.byteLength(salt), 1);
      parts.push(message.subarray(0, text), Buffer.from(salt), message.subarray(text));
    }
  }
  return Buffer.concat(parts);
}

/** Where each message begins and ends. The driver writes whole ones. */
function* messagesIn(data: Uint8Array): Generator<[number, number]> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  // The login, which comes first, begins with its length, and that with a zero.
  for (let at = 0; at + 5 <= data.byteLength && data[at] !== 0; ) {
    const end = at + 1 + view.getUint32(at + 1);
    yield [at, end];
    at = end;
  }
}
