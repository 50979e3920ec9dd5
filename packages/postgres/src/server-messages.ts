/** What is read of the server's messages. */
export interface Observer {
  /** ReadyForQuery: `I` idle, `T` in a transaction, `E` in one that failed. */
  ready(status: string): void;
  /** ErrorResponse, its fields by their letter, and whether rows came before it. */
  error(fields: ReadonlyMap<string, string>, afterRows: boolean): void;
  /** EmptyQueryResponse. */
  empty(): void;
  /** ParseComplete. */
  parsed(): void;
  /** BindComplete. */
  bound(): void;
  /** CommandComplete. */
  completed(tag: string): void;
}

/** What reads the server's messages. */
export interface MessageReader {
  read(chunk: Buffer): void;
  /** Whether all that was read were whole messages. */
  isWhole(): boolean;
}

/** The first byte of messages. */
export const kinds = {
  parseComplete: 0x31,
  bindComplete: 0x32,
  commandComplete: 0x43,
  dataRow: 0x44,
  errorResponse: 0x45,
  emptyQueryResponse: 0x49,
  readyForQuery: 0x5a,
} as const;

/** Messages of which more than the first byte is read. */
const read: ReadonlySet<unknown> = new Set([kinds.errorResponse, kinds.readyForQuery, kinds.commandComplete]);

const nothing = Buffer.alloc(0);

/** Reads what the server sends, chunk by chunk, and tells `observer` of the messages that count. */
export function messageReader(observer: Observer): MessageReader {
  /** The beginning of a message. */
  let rest: Buffer = nothing;
  /** Bytes still to come of a message that nobody reads here. */
  let skip = 0;
  let rows = false;
  return {
    read(chunk) {
      const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = skip;
      while (at + 5 <= data.length) {
        const kind = data[at];
        const end = at + 1 + data.readUInt32BE(at + 1);
        if (kind === kinds.dataRow) rows = true;
        else if (kind === kinds.parseComplete) observer.parsed();
        else if (kind === kinds.bindComplete) observer.bound();
        else if (kind === kinds.emptyQueryResponse) observer.empty();
        else if (read.has(kind)) {
          if (end > data.length) break;
          tell(data.subarray(at, end), observer, rows);
          if (kind !== kinds.commandComplete) rows = false;
        }
        at = end;
      }
      skip = Math.max(0, at - data.length);
      rest = skip > 0 ? nothing : data.subarray(at);
    },
    isWhole: () => skip === 0 && rest.length === 0,
  };
}

function tell(message: Buffer, observer: Observer, rows: boolean): void {
  const kind = message[0];
  if (kind === kinds.readyForQuery) observer.ready(String.fromCharCode(message[5] as number));
  else if (kind === kinds.commandComplete)
    observer.completed(message.toString('utf8', 5, message.length - 1));
  else observer.error(fieldsOf(message), rows);
}

/** The fields of an ErrorResponse, by their letter. */
export function fieldsOf(message: Buffer): ReadonlyMap<string, string> {
  const fields = message
    .toString('utf8', 5, message.length - 1)
    .split('\0')
    .map((field): [string, string] => [field.charAt(0), field.slice(1)]);
  return new Map(fields);
}

/** Whether the server closes the connection after an error. */
export function isFatal(fields: ReadonlyMap<string, string>): boolean {
  // `V` is never translated; a pooler may send `S` alone.
  const severity = fields.get('V') ?? fields.get('S');
  return severity === 'FATAL' || severity === 'PANIC';
}
