import type postgres from 'postgres';
import type { Options, Query } from './driver.ts';

/** An error about a connection as postgres.js makes it. */
export function connectionError(code: string, { path, host, port }: Options): Error {
  const where = path ? { address: path } : { address: host, port };
  return Object.assign(new Error(`write ${code} ${path || `${host}:${port}`}`), {
    code,
    errno: code,
    ...where,
  });
}

/** An error that postgres.js raises itself. */
export function driverError(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}

/** A query on a connection that waits for the rest of a COPY. */
export function copyInProgress(): Error {
  return driverError('COPY_IN_PROGRESS', 'You cannot execute queries during copy');
}

/** What postgres.js calls the fields of an error, by the letter they have in the protocol. */
const fieldNames: Readonly<Record<string, string>> = {
  S: 'severity_local',
  V: 'severity',
  C: 'code',
  M: 'message',
  D: 'detail',
  H: 'hint',
  P: 'position',
  p: 'internal_position',
  q: 'internal_query',
  W: 'where',
  s: 'schema_name',
  t: 'table_name',
  c: 'column_name',
  d: 'data type_name',
  n: 'constraint_name',
  F: 'file',
  L: 'line',
  R: 'routine',
};

/** A PostgresError from the fields of an ErrorResponse. */
export function postgresError(
  PostgresError: typeof postgres.PostgresError,
  fields: ReadonlyMap<string, string>,
): postgres.PostgresError {
  const named = [...fields].flatMap(([letter, value]) => {
    const name = fieldNames[letter];
    return name === undefined ? [] : [[name, value]];
  });
  // Its types say that it takes a message.
  const Made = PostgresError as unknown as new (fields: object) => postgres.PostgresError;
  return new Made(Object.fromEntries(named));
}

/** Adds what postgres.js adds to an error of a query: which one it was, hidden unless `debug` is set. */
export function withQuery(given: unknown, query: Query, debug: unknown): void {
  if (typeof given !== 'object' || given === null || 'query' in given) return;
  const error = given as Error;
  const enumerable = Boolean(debug);
  Object.defineProperties(error, {
    stack: { value: `${error.stack}${query.origin.replace(/.*\n/, '\n')}`, enumerable },
    query: { value: query.string, enumerable },
    parameters: { value: query.parameters, enumerable },
    args: { value: query.args, enumerable },
    types: { value: query.statement === null ? null : query.statement.types, enumerable },
  });
}
