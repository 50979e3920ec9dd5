import { randomBytes } from 'node:crypto';
import { type Probed, probeName, probeSql, readProbe } from '@poolsafe/core';
import type pg from 'pg';
import { BareQuery } from './bare-query.ts';
import { inOneWrite, type Messages } from './messages.ts';

/** What a {@link Probe} needs. */
interface ProbeOptions {
  /** The pid that the login named. */
  readonly pid: number;
  /** Makes another statement of it, where the one that everybody shares is broken. */
  readonly salt: string | undefined;
  /** Whether the schema is wanted wherever the connection leads. */
  readonly wantsSchema: boolean;
  /** Gets what was found, and the error where the server could not say. */
  readonly done: (probed: Probed, error: Error | null) => void;
}

/** Values as the server sent them, whatever parsers the application has set. */
const asText = { getTypeParser: () => (value: string) => value };

/**
 * The probe, as a query that pg waits for like any other: nothing is pipelined, since poolers have lost count of
 * that. One Sync group: behind a pooler it runs on one server connection as a whole, and leaves nothing there.
 */
export class Probe extends BareQuery {
  readonly #name = `${probeName}${randomBytes(8).toString('hex')}`;
  readonly #sql: string;
  readonly #values: readonly string[];

  constructor({ pid, salt, wantsSchema, done }: ProbeOptions) {
    super({ types: asText });
    this.#sql = salt === undefined ? probeSql : `${probeSql} /* ${salt} */`;
    this.#values = [this.#name, String(pid), String(wantsSchema)];
    this.callback = (error, result) => {
      const { rows } = (result ?? { rows: [] }) as pg.QueryResult<Record<string, string>>;
      done(readProbe(rows[0], { name: this.#name, pid }), error);
    };
  }

  override submit(connection: pg.Connection): null {
    const messages = connection as unknown as Messages;
    const name = this.#name;
    inOneWrite(messages, () => {
      messages.parse({ name, text: this.#sql });
      messages.bind({ statement: name, values: this.#values });
      messages.describe({ type: 'P', name: '' });
      messages.execute({ portal: '', rows: 0 });
      messages.close({ type: 'S', name });
      messages.sync();
    });
    return null;
  }
}
