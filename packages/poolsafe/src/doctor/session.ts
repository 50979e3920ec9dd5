import { randomBytes } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { probeName, probeSql } from '@poolsafe/core';
import pg from 'pg';
import { CannotRun } from './examination.ts';

/** A row of texts, as the server sent them. */
export type TextRow = Readonly<Record<string, string | null>>;

/** One login, and what it showed. */
export interface Session {
  /** The process that the login named; that of PostgreSQL only where no pooler is between. */
  readonly pid: number;
  /** What the server said of itself at the login (ParameterStatus). */
  readonly parameters: Readonly<Record<string, string>>;
  /** The TLS version of this connection. */
  readonly tls: string | undefined;
  /** Runs one text with the simple protocol: no statement is named. */
  query(sql: string): Promise<readonly TextRow[]>;
  /** {@link probeSql}, in one Sync group that leaves nothing behind. */
  probe(): Promise<{ readonly name: string; readonly row: TextRow | undefined }>;
  /** The same session, which is destroyed when `signal` aborts: nothing waits behind what does not answer. */
  until(signal: AbortSignal): Session;
  /** Ends it in bounded time, whatever the other side does. */
  close(): Promise<void>;
}

/** The subset of pg's Connection that is used here; its own types do not have it. */
interface Wire {
  readonly stream: TLSSocket & { destroy(): void };
  on(event: string, listener: (message: never) => void): void;
  parse(message: object): void;
  bind(message: object): void;
  describe(message: object): void;
  execute(message: object): void;
  close(message: object): void;
  sync(): void;
}

/** The options of pg. */
export type Login = Readonly<Record<string, unknown>>;

const asText = { getTypeParser: () => (value: string) => value };
const GOODBYE = 500;

/** The error of a login, and how far it came. */
export class LoginError extends Error {
  override readonly name = 'LoginError';
  readonly code: string | undefined;
  /** Whether the password had been taken. */
  readonly authenticated: boolean;

  constructor(cause: unknown, authenticated: boolean) {
    const { message, code } = cause as { message?: unknown; code?: unknown };
    super(message === undefined ? String(cause) : String(message), { cause });
    this.code = typeof code === 'string' ? code : undefined;
    this.authenticated = authenticated;
  }
}

/**
 * Logs in with the options of pg. When `signal` aborts, the connection is destroyed.
 *
 * @throws LoginError
 */
export async function openSession(login: Login, signal: AbortSignal): Promise<Session> {
  const client = new pg.Client({ ...login, types: asText } as pg.ClientConfig);
  const wire = (client as unknown as { connection: Wire }).connection;
  const parameters: Record<string, string> = {};
  let authenticated = false;
  wire.on('parameterStatus', ({ parameterName, parameterValue }: Record<string, string>) => {
    if (parameterName !== undefined) parameters[parameterName] = parameterValue ?? '';
  });
  wire.on('authenticationOk', () => {
    authenticated = true;
  });
  // What goes wrong comes out of the query or the login.
  client.on('error', () => {});
  const destroy = () => wire.stream.destroy();
  signal.addEventListener('abort', destroy);
  try {
    await Promise.race([client.connect(), aborted(signal)]);
  } catch (error) {
    destroy();
    throw new LoginError(error, authenticated);
  } finally {
    signal.removeEventListener('abort', destroy);
  }
  return sessionOf(client, wire, parameters);
}

/** pg says nothing about a login whose connection was destroyed before it began. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => reject(new CannotRun('no answer to the login'));
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

function sessionOf(client: pg.Client, wire: Wire, parameters: Record<string, string>): Session {
  const pid = (client as unknown as { processID: number }).processID;
  const session: Session = {
    pid,
    parameters,
    tls: wire.stream.encrypted === true ? (wire.stream.getProtocol() ?? 'TLS') : undefined,
    async query(sql) {
      const { rows } = (await client.query(sql)) as { rows: TextRow[] };
      return rows;
    },
    async probe() {
      const name = `${probeName}${randomBytes(8).toString('hex')}`;
      return new Promise((resolve, reject) => {
        const done = (error: Error | null, result?: { rows: TextRow[] }) =>
          error ? reject(error) : resolve({ name, row: result?.rows[0] });
        client.query(new ProbeQuery(name, [name, String(pid), 'false'], done) as never);
      });
    },
    until(signal) {
      signal.addEventListener('abort', () => wire.stream.destroy(), { once: true });
      return session;
    },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, GOODBYE);
      });
      await Promise.race([client.end().catch(() => {}), late]);
      clearTimeout(timer);
      wire.stream.destroy();
    },
  };
  return session;
}

/** The class behind `pg.Query`, as far as its types leave it out. */
const BareQuery = pg.Query as unknown as new (...given: readonly unknown[]) => { submit(wire: Wire): null };

/** A named statement that is parsed, run and closed in one Sync group: behind a pooler, on one server connection. */
class ProbeQuery extends BareQuery {
  readonly #name: string;
  readonly #values: readonly string[];

  constructor(name: string, values: readonly string[], done: unknown) {
    super({ types: asText }, undefined, done);
    this.#name = name;
    this.#values = values;
  }

  override submit(wire: Wire): null {
    wire.stream.cork();
    wire.parse({ name: this.#name, text: probeSql });
    wire.bind({ statement: this.#name, values: this.#values });
    wire.describe({ type: 'P', name: '' });
    wire.execute({ portal: '', rows: 0 });
    wire.close({ type: 'S', name: this.#name });
    wire.sync();
    wire.stream.uncork();
    return null;
  }
}
