/** What is told of an error of a statement that may be out of date. */
interface ServerError {
  readonly code?: unknown;
  readonly message?: string;
  readonly routine?: unknown;
  readonly where?: unknown;
}

/** Errors of a statement that is gone, or taken by another. */
const gone: ReadonlySet<unknown> = new Set(['26000', '42P05']);

/** Whether the server does not have a prepared statement, or has another under its name. */
export function isGone({ code }: ServerError): boolean {
  return gone.has(code);
}

/**
 * Whether the tables or types of a prepared statement are not what they were. 0A000 has other meanings: that it comes
 * from a prepared statement only the routine tells.
 */
export function isOutdated({ code, message, routine }: ServerError): boolean {
  if (code === '0A000') return routine === 'RevalidateCachedQuery';
  return code === 'XX000' && /^cache lookup failed for /.test(message ?? '');
}

/**
 * Whether a text or a parameter was refused. Where the statement was prepared before, it may be one that fits the
 * tables as they are now.
 */
export function isRefused({ code }: ServerError): boolean {
  return typeof code === 'string' && /^(?:22|42)/.test(code);
}

/**
 * Whether an error comes out of a function. Planning may run one before the server has taken the parameters, and what
 * it did may not be undone. What is wrong with a parameter has a context as well, which names its number.
 */
export function isOfFunction({ where }: ServerError): boolean {
  return typeof where === 'string' && !/^[^"\n]*\$\d+[^"\n]*$/.test(where);
}

/** How PgBouncer answers a statement that it has no record of, instead of handing it on; it closes the connection. */
export function isUnknownToPooler({ code, message }: ServerError): boolean {
  return code === '08P01' && message === 'prepared statement did not exist';
}

/** Whether a command that the server has completed takes the prepared statements of its session away. */
export function forgetsStatements(tag: string): boolean {
  return /^(?:DEALLOCATE|DISCARD)/.test(tag);
}

/** Whether a text may change the types of columns. A temporary table is nobody else's. */
export function mayChangeSchema(sql: string): boolean {
  return /\b(?:create|alter|drop)\b(?!\s+(?:(?:local|global)\s+)?temp)/i.test(sql);
}

/**
 * Whether a text may change in which schemas tables are looked for. What is prepared keeps the types of its parameters,
 * and would store a value wrongly in the table of that name elsewhere.
 */
export function mayMoveSearchPath(sql: string): boolean {
  return /search_path|\bset\s+(?:session\s+|local\s+)?schema\b/i.test(sql);
}

let changes = 0;

/** How often this process may have changed a schema. What was found before is out of date. */
export function schemaChanges(): number {
  return changes;
}

/** To be called when a statement that may change the schema is sent, and when its transaction is over. */
export function schemaChanged(): void {
  changes += 1;
}

const broken = new Set<string>();
const mostBroken = 1000;

/**
 * A statement is to be named by nobody any more, as long as the schema is the same: a pooler hands out the same broken
 * one, with the same text, to every client of a server connection, and a text that finds other tables with another
 * search_path fails with each change of it.
 */
export function neverName(key: string): void {
  if (broken.size >= mostBroken) broken.clear();
  broken.add(key);
}

/** Whether that was said. */
export function isNeverNamed(key: string): boolean {
  return broken.has(key);
}
