const nothing = Buffer.alloc(0);

/** What the server says to something that the driver does not know of, taken out of what the driver reads. */
export abstract class Taken {
  #rest: Buffer = nothing;

  /** Whether it is complete. */
  abstract get isDone(): boolean;

  /** Reads one message, and says whether it is none of the driver's. */
  protected abstract reads(message: Buffer): boolean;

  /** Takes what belongs to it, and returns what the driver has to know. */
  take(chunk: Buffer): Buffer {
    const data = Buffer.concat([this.#rest, chunk]);
    const others: Buffer[] = [];
    let at = 0;
    while (!this.isDone && at + 5 <= data.length) {
      const end = at + 1 + data.readUInt32BE(at + 1);
      if (end > data.length) break;
      const message = data.subarray(at, end);
      if (!this.reads(message)) others.push(message);
      at = end;
    }
    const rest = data.subarray(at);
    if (this.isDone) others.push(rest);
    else this.#rest = rest;
    return Buffer.concat(others);
  }
}
