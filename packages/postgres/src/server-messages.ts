/** What is read of the server's messages. */
export interface Observer {
  /** ReadyForQuery: `I` idle, `T` in a transaction, `E` in one that failed. */
  ready(status: string): void;
  /** ErrorResponse, its fields by their letter, and whether rows came before it. */
  error(fields: ReadonlyMap<string, string>, afterRows: boolean): void;
  /** EmptyQueryResponse. */
  empty(): void;
}

const dataRow = 0x44;
const errorResponse = 0x45;
const emptyQueryResponse = 0x49;
const readyForQuery = 0x5a;

const nothing = Buffer.alloc(0);

/** Reads what the server sends, chunk by chunk, and tells `observer` of the messages that count. */
export function messageReader(observer: Observer): (chunk: Buffer) => void {
  /** The beginning of a message. */
  let rest: Buffer = nothing;
  /** Bytes still to come of a message that nobody reads here. */
  let skip = 0;
  let rows = false;
  return (chunk) => {
    const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = skip;
    while (at + 5 <= data.length) {
      const kind = data[at];
      const end = at + 1 + data.readUInt32BE(at + 1);
      if (kind === dataRow) rows = true;
      else if (kind === emptyQueryResponse) observer.empty();
      else if (kind === errorResponse || kind === readyForQuery) {
        if (end > data.length) break;
        tell(data.subarray(at, end), observer, rows);
        rows = false;
      }
      at = end;
    }
    skip = Math.max(0, at - data.length);
    rest = skip > 0 ? nothing : data.subarray(at);
  };
}

function tell(message: Buffer, observer: Observer, rows: boolean): void {
  if (message[0] === readyForQuery) {
    observer.ready(String.fromCharCode(message[5] as number));
    return;
  }
  const fields = message
    .toString('utf8', 5, message.length - 1)
    .split('\0')
    .map((field): [string, string] => [field.charAt(0), field.slice(1)]);
  observer.error(new Map(fields), rows);
}
