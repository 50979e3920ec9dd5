/** What is told of an error that may come from a statement that is out of date. */
interface ServerError {
  readonly code?: unknown;
  readonly message?: string;
  readonly routine?: unknown;
}

/** Errors of a statement that is gone, or taken by another. */
const gone: ReadonlySet<unknown> = new Set(['26000', '42P05']);

/** Routines of PostgreSQL after which the driver runs a statement again by itself. */
const retried: ReadonlySet<unknown> = new Set([
  'FetchPreparedStatement',
  'RevalidateCachedQuery',
  'transformAssignedExpr',
]);

/** Whether the driver would send a statement once more after an error of this routine. */
export function isRetried(routine: unknown): boolean {
  return retried.has(routine);
}

/** Whether the server does not have a prepared statement, or has another under its name. */
export function isGone({ code }: ServerError): boolean {
  return gone.has(code);
}

/**
 * Whether the tables or types of a prepared statement are not what they were. 0A000 has other meanings: that it
 * comes from a prepared statement only the routine tells.
 */
export function isOutdated({ code, message, routine }: ServerError): boolean {
  if (isRetried(routine)) return true;
  return code === 'XX000' && /^cache lookup failed for /.test(message ?? '');
}

/** How PgBouncer answers a statement that it has no record of, instead of handing it on; it closes the connection. */
export function isUnknownToPooler(error: unknown): boolean {
  const { code, message } = (error ?? {}) as ServerError;
  return code === '08P01' && message === 'prepared statement did not exist';
}
