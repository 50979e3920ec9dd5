import { outOfScope } from '@poolsafe/core';
import type { Sql } from '@poolsafe/postgres';
import { CompiledQuery, type DatabaseConnection } from 'kysely';
import { type PostgresJSDialectConfig as BareConfig, PostgresJSDriver } from 'kysely-postgres-js';
import type postgres from 'postgres';
import { Acquisition } from './acquisition.ts';
import { GuardedConnection } from './guarded-connection.ts';

type Given = Parameters<Extract<BareConfig['postgres'], (...given: never[]) => unknown>>;

/** Gives the client when the first query comes. */
export type OpenSql = (...given: Given) => Promise<Sql>;

interface Taken {
  readonly sql: Sql;
  readonly reserved: ReservedConnection;
}

const acquisition = new Acquisition<Taken>();

/** The driver of kysely-postgres-js over a guarded client, with guarded connections. */
export class GuardedPostgresJSDriver extends PostgresJSDriver {
  constructor({ postgres: open, ...config }: Omit<BareConfig, 'postgres'> & { readonly postgres: OpenSql }) {
    super({ ...config, postgres: async (...given: Given) => noting(await open(...given)) });
  }

  override async acquireConnection(
    ...given: Parameters<PostgresJSDriver['acquireConnection']>
  ): ReturnType<PostgresJSDriver['acquireConnection']> {
    const [connection, { sql, reserved }] = await acquisition.run(
      () => super.acquireConnection(...given),
      ({ reserved }) => reserved.release(),
    );
    new GuardedConnection(connection, sql.poolsafe, reserved);
    return connection;
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // That of kysely, when it fails, calls what only its own connections have, and its caller never learns why.
    await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  override async releaseConnection(connection: DatabaseConnection): Promise<void> {
    try {
      await GuardedConnection.of(connection)?.releasing();
    } finally {
      await super.releaseConnection(connection);
    }
  }
}

/** A reserved connection of which is known what it runs. */
class ReservedConnection {
  readonly #reserved: postgres.ReservedSql;
  #last: postgres.PendingQuery<postgres.Row[]> | undefined;

  constructor(reserved: postgres.ReservedSql) {
    this.#reserved = reserved;
  }

  unsafe(...given: Parameters<postgres.ReservedSql['unsafe']>): postgres.PendingQuery<postgres.Row[]> {
    this.#last = this.#reserved.unsafe(...given);
    return this.#last;
  }

  release(): void {
    this.#reserved.release();
  }

  /** Sends the protocol's CancelRequest. Nothing else is sent on the connection before it has arrived. */
  async cancel(): Promise<void> {
    this.#last?.cancel();
  }

  /** Ends the session from within, since postgres.js has no function that does: no pid leaves the server. */
  async close(): Promise<void> {
    await this.#last?.catch(() => {});
    const run = (text: string) => {
      const allow = { poolsafe: { allow: ['POOLSAFE_CANCEL'] } };
      return this.#reserved.unsafe(text, [], allow as never).catch(() => {});
    };
    await run('rollback');
    // Another role may not end the session of the one that logged in.
    await outOfScope(() => run('select pg_terminate_backend(pg_backend_pid())'));
  }
}

/** What kysely-postgres-js uses of a client. */
function noting(sql: Sql): Pick<Sql, 'options' | 'end'> & { reserve(): Promise<ReservedConnection> } {
  return {
    options: sql.options,
    end: (...given) => sql.end(...given),
    async reserve() {
      const reserved = new ReservedConnection(await sql.reserve());
      acquisition.note({ sql, reserved });
      return reserved;
    },
  };
}
