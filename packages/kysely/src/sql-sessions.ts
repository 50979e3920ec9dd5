import type { SessionSql, Sql } from '@poolsafe/postgres';
import type postgres from 'postgres';
import { taken } from './taken-session.ts';

/** What the driver of kysely uses of a reserved connection. */
export type Reserved = Pick<postgres.ReservedSql, 'unsafe' | 'release'>;

/** What the driver of kysely uses of a client of `@poolsafe/postgres`. */
export interface GuardedSql extends Pick<Sql, 'options' | 'poolsafe' | 'end'> {
  reserve(): Promise<Reserved>;
}

/** As `PoolSessions`, of a client of postgres.js. */
export class SqlSessions implements GuardedSql {
  readonly poolsafe: Sql['poolsafe'];
  readonly options: Sql['options'];
  readonly end: Sql['end'];
  readonly #sql: Sql;

  constructor(sql: Sql, { ends = false }: { readonly ends?: boolean } = {}) {
    this.#sql = sql;
    this.poolsafe = sql.poolsafe;
    this.options = sql.options;
    this.end = ends ? (...given) => sql.end(...given) : async () => {};
  }

  async reserve(): Promise<Reserved> {
    const { given, close } = await taken<SessionSql>((work) => this.#sql.session(work));
    return Object.assign(given, { release: close });
  }
}
