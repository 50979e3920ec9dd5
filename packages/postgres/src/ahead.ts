import type { SettingsScope } from '@poolsafe/core';
import { bind, int16, int32, message, zeroEnded } from './client-messages.ts';
import { kinds } from './server-messages.ts';
import { Taken } from './taken.ts';

/** A statement of our own that goes in front of one of the driver. */
export type AheadStatement = Pick<SettingsScope, 'sql' | 'parameters'>;

/**
 * Statements of our own in front of what the driver sends for a query, without a Sync between: PostgreSQL takes all of
 * it up to the Sync of the driver as one transaction, and skips the query where one of them fails. The driver is told
 * of an error, which it takes for that of its query, and of nothing else.
 */
export class Ahead extends Taken {
  readonly #statements: readonly AheadStatement[];
  /** How many the server has not completed. */
  #outstanding = 0;
  /** Whether it was written. */
  isSent = false;
  /** Whether the error of the query is one of these. */
  failed = false;

  constructor(statements: readonly AheadStatement[]) {
    super();
    this.#statements = statements;
  }

  override get isDone(): boolean {
    return this.#outstanding === 0;
  }

  /** What is to be written. Whoever calls it writes it. */
  send(): Buffer {
    this.isSent = true;
    this.#outstanding = this.#statements.length;
    return Buffer.concat(this.#statements.flatMap(messagesOf));
  }

  protected override reads({ 0: kind }: Buffer): boolean {
    if (kind === kinds.errorResponse) {
      this.failed = true;
      this.#outstanding = 0;
      return false;
    }
    if (kind === kinds.commandComplete) this.#outstanding -= 1;
    return answers.has(kind);
  }
}

const answers: ReadonlySet<unknown> = new Set([
  kinds.parseComplete,
  kinds.bindComplete,
  kinds.dataRow,
  kinds.commandComplete,
]);

function messagesOf({ sql, parameters }: AheadStatement): Buffer[] {
  return [
    message('P', zeroEnded(''), zeroEnded(sql), int16(0)),
    bind('', parameters),
    message('E', zeroEnded(''), int32(0)),
  ];
}
