import { randomBytes } from 'node:crypto';
import { type Probed, probeSql, readProbe } from '@poolsafe/core';
import type pg from 'pg';
import { BareQuery } from './bare-query.ts';

/** What a {@link Probe} needs. */
interface ProbeOptions {
  /** The pid that the login named. */
  readonly pid: number;
  /** Whether the schema is wanted wherever the connection leads. */
  readonly wantsSchema: boolean;
  /** Gets what was found, also when the server does not know what was asked. */
  readonly done: (probed: Probed) => void;
}

/** Values as the server sent them, whatever parsers the application has set. */
const asText = { getTypeParser: () => (value: string) => value };

/**
 * A query that is written together with the one before it, and only then given to pg. One Sync group: if it fails
 * it takes nothing with it, and behind a pooler it runs on one server connection as a whole.
 */
export class Probe extends BareQuery {
  readonly #name = `poolsafe_probe_${randomBytes(8).toString('hex')}`;
  readonly #pid: number;
  readonly #values: readonly string[];

  constructor({ pid, wantsSchema, done }: ProbeOptions) {
    super({ text: probeSql, types: asText });
    this.#pid = pid;
    this.#values = [this.#name, String(pid), String(wantsSchema)];
    this.callback = (_, result) => {
      const { rows } = (result ?? { rows: [] }) as pg.QueryResult<Record<string, string>>;
      done(readProbe(rows[0], { name: this.#name, pid: this.#pid }));
    };
  }

  /** Called by pg when it is its turn: it was sent before. */
  override submit(): null {
    return null;
  }

  /** Writes it. */
  send(connection: pg.Connection): void {
    const { parse, bind, describe, execute, close, sync } = connection as unknown as Record<
      string,
      (message?: object) => void
    >;
    const steps: readonly (readonly [((message?: object) => void) | undefined, object?])[] = [
      [parse, { name: this.#name, text: probeSql }],
      [bind, { statement: this.#name, values: this.#values }],
      [describe, { type: 'P', name: '' }],
      [execute, { portal: '', rows: 0 }],
      [close, { type: 'S', name: this.#name }],
      [sync],
    ];
    for (const [step, message] of steps) step?.call(connection, message);
  }
}
