import pg from 'pg';

/** A query of pg with what it does when it is its turn, which its types leave out. */
export interface BareQuery {
  name: string | undefined;
  text: string;
  values: unknown;
  readonly rows: unknown;
  callback: ((error: Error | null, result?: unknown) => void) | undefined;
  query_timeout?: unknown;
  rowMode?: unknown;
  /** Whether it goes through the extended protocol. */
  requiresPreparation(): boolean;
  submit(connection: pg.Connection): Error | null;
  handleDataRow(message: object): void;
  handleCommandComplete(message: object, connection: pg.Connection): void;
  handleReadyForQuery(connection: pg.Connection): void;
  handleError(error: Error, connection: pg.Connection): void;
}

/** The class behind `pg.Query`, of the installation that the application uses. */
export const BareQuery: new (...given: unknown[]) => BareQuery = pg.Query as never;
