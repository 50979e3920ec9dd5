import type { Query } from './driver.ts';
import { driverError } from './errors-of-driver.ts';
import type { Lease } from './lease.ts';
import type { SqlFunctions } from './sql.ts';

/** `sql` inside a transaction. */
type TransactionSql = SqlFunctions & {
  savepoint(...given: unknown[]): Promise<unknown>;
  prepare(name: string): void;
};

/** What runs in a transaction. */
export type Work = (sql: TransactionSql) => unknown;

/** What a transaction needs from its client. */
export interface TransactionHost {
  makeSql(handler: (query: Query) => void): SqlFunctions;
  /** A query of its own, which is not looked at by the guard. */
  command(text: string): Query;
}

interface Scope {
  readonly lease: Lease;
  readonly host: TransactionHost;
  savepoints: number;
  /** Name for PREPARE TRANSACTION in place of COMMIT. */
  prepare: string | undefined;
}

/** `sql.begin()`, as postgres.js has it, on a connection that nobody else can reach until it is over. */
export async function runTransaction(
  lease: Lease,
  host: TransactionHost,
  options: string,
  work: Work,
): Promise<unknown> {
  const scope: Scope = { lease, host, savepoints: 0, prepare: undefined };
  try {
    // As postgres.js does, so that the options cannot hold a statement.
    await command(scope, `begin ${options.replace(/[^a-z ]/gi, '')}`);
    return await Promise.race([runScope(scope, work, undefined), lease.lost]);
  } finally {
    lease.release(() => host.command('rollback'));
  }
}

async function runScope(scope: Scope, work: Work, name: string | undefined): Promise<unknown> {
  const { lease, host } = scope;
  let uncaught: unknown;
  const sql = host.makeSql((query) => {
    query.catch((error) => {
      uncaught ??= error;
    });
    lease.run(query);
  }) as TransactionSql;
  sql.savepoint = (...given) => savepoint(scope, given);
  sql.prepare = (given) => {
    scope.prepare = given.replace(/[^a-z0-9$\-_. ]/gi, '');
  };

  if (name !== undefined) await command(scope, `savepoint ${name}`);
  let result: unknown;
  try {
    const given = work(sql);
    // A list of queries, but not what a single one comes to, which is an array as well.
    result = await (Array.isArray(given) ? Promise.all(given) : given);
    if (uncaught !== undefined) throw uncaught;
  } catch (error) {
    // What ends the transaction is the error to tell, whatever becomes of the rollback.
    await command(scope, name === undefined ? 'rollback' : `rollback to ${name}`).catch(() => {});
    throw (error as { code?: unknown } | null)?.code === '25P02' ? (uncaught ?? error) : error;
  }
  if (name === undefined) await commit(scope);
  return result;
}

async function commit(scope: Scope): Promise<void> {
  const text = scope.prepare === undefined ? 'commit' : `prepare transaction '${scope.prepare}'`;
  const { command: answer } = await command(scope, text);
  // The answer to COMMIT in a transaction that failed. It is no error.
  if (answer === 'ROLLBACK') {
    throw driverError(
      'TRANSACTION_ROLLED_BACK',
      'A statement of this transaction failed, and nothing of it is kept',
    );
  }
}

/** With a function, with a name and a function, or as the tag of a single statement. */
function savepoint(scope: Scope, given: unknown[]): Promise<unknown> {
  const [first, second] = given;
  if (Array.isArray((first as { raw?: unknown } | undefined)?.raw)) {
    return runScope(scope, (sql) => sql(first, ...given.slice(1)), nextName(scope, undefined));
  }
  const [name, work] = given.length === 1 ? [undefined, first] : [first, second];
  return runScope(scope, work as Work, nextName(scope, name));
}

function nextName(scope: Scope, name: unknown): string {
  const text = `s${scope.savepoints}${name ? `_${String(name)}` : ''}`;
  scope.savepoints += 1;
  return `"${text.replaceAll('"', '""')}"`;
}

function command({ lease, host }: Scope, text: string): Promise<{ command: string }> {
  return runCommand(lease, host, text);
}

/** Runs a command of our own on a connection that is held. */
export async function runCommand(
  lease: Lease,
  host: TransactionHost,
  text: string,
): Promise<{ command: string }> {
  const query = host.command(text);
  lease.run(query);
  return (await query) as { command: string };
}
