import { randomBytes } from 'node:crypto';
import { type Probed, probeName, probeSql, readProbe } from '@poolsafe/core';
import { bind, int16, int32, message, zeroEnded } from './client-messages.ts';
import { fieldsOf, isFatal, kinds } from './server-messages.ts';
import { Taken } from './taken.ts';

/** What the server says to a question of our own. */
export class Answer extends Taken {
  /** The values of its last row, as text. */
  row: (string | null)[] | undefined;
  failed = false;
  /** What ReadyForQuery said. Until then it is not complete. */
  status: string | undefined;

  override get isDone(): boolean {
    return this.status !== undefined;
  }

  protected override reads(message: Buffer): boolean {
    const kind = message[0];
    if (kind === kinds.readyForQuery) this.status = String.fromCharCode(message[5] as number);
    else if (kind === kinds.dataRow) this.row = valuesOf(message);
    else if (kind === kinds.errorResponse) {
      this.failed = true;
      // The server closes the connection.
      return !isFatal(fieldsOf(message));
    }
    return !anytime.has(kind);
  }
}

/** What a server may say at any time: NotificationResponse, NoticeResponse, ParameterStatus. */
const anytime: ReadonlySet<unknown> = new Set(Buffer.from('ANS'));

/** How a connection asks the server something of its own. Resolves with the whole answer, or never. */
export type Ask = (request: Buffer) => Promise<Answer>;

/** What a {@link probe} needs. */
interface ProbeOptions {
  /** The pid that the login named. */
  readonly pid: number;
  /** Makes another statement of it, where the one that everybody shares is broken. */
  readonly salt: string;
  /** Whether the schema is wanted wherever the connection leads. */
  readonly wantsSchema: boolean;
  readonly ask: Ask;
}

/**
 * Asks what is on the other side. One Sync group: behind a pooler it runs on one server connection as a whole, and
 * leaves nothing there. `undefined` when the server could not say.
 */
export async function probe({ pid, salt, wantsSchema, ask }: ProbeOptions): Promise<Probed | undefined> {
  const name = `${probeName}${randomBytes(8).toString('hex')}`;
  const sql = salt === '' ? probeSql : `${probeSql} /* ${salt} */`;
  const close = message('C', 'S', zeroEnded(name));
  const request = [
    message('P', zeroEnded(name), zeroEnded(sql), int16(0)),
    bind(name, [name, String(pid), String(wantsSchema)]),
    message('E', zeroEnded(''), int32(0)),
    close,
    message('S'),
  ];
  const answer = await ask(Buffer.concat(request));
  if (answer.failed) {
    // What follows an error is skipped up to the Sync.
    await ask(Buffer.concat([close, message('S')]));
    return undefined;
  }
  const [answering = null, called = null, schema = null] = answer.row ?? [];
  return readProbe({ pid: answering, name: called, schema }, { name, pid });
}

/** The values of a DataRow. */
function valuesOf(row: Buffer): (string | null)[] {
  const values: (string | null)[] = [];
  let at = 7;
  while (at < row.length) {
    const length = row.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? null : row.toString('utf8', at, at + length));
    at += Math.max(0, length);
  }
  return values;
}
