import type { PoolsafeError } from './errors.ts';
import { settingsError } from './errors.ts';
import { memoized } from './memo.ts';
import { findStatements } from './sql-classify.ts';
import { tokenize } from './sql-lexer.ts';

/** Why a text cannot run with settings in force, inside of a transaction and on its own. */
interface Reasons {
  readonly inside: string | undefined;
  readonly alone: string | undefined;
}

/**
 * Why a text cannot run with settings in force: they are set until the end of a transaction, which must not come in the
 * middle of it.
 */
export function refusedWithSettings(
  sql: string,
  { inTransaction }: { readonly inTransaction: boolean },
): PoolsafeError | undefined {
  const { inside, alone } = reasons(sql);
  if (inside !== undefined) {
    return settingsError(
      `With settings in force, ${inside}.`,
      'give it to the client by itself, so that the settings are set again',
    );
  }
  if (inTransaction || alone === undefined) return undefined;
  return settingsError(
    `With settings in force, a statement is a transaction with them, and ${alone}.`,
    'run it in a transaction, or without them: outside of withSettings, or where they are startup parameters, over a client without those',
  );
}

const reasons = memoized((sql): Reasons => {
  const { values } = tokenize(sql);
  const statements = findStatements(sql);
  const isSeveral = statements.length > 1;
  const control = statements.some(({ found }) => found.has('tx:control'));
  const chains = control && values.includes('chain') && !values.includes('no');
  const inside =
    chains || (isSeveral && control)
      ? 'no transaction may begin or end in the middle of a text, or chained to another'
      : undefined;
  return { inside, alone: whyNotAlone(values, statements) };
});

function whyNotAlone(
  values: readonly string[],
  statements: ReturnType<typeof findStatements>,
): string | undefined {
  if (statements.length > 1) return 'several statements in one text are one of their own';
  const [only] = statements;
  if (only === undefined) return undefined;
  if (only.found.has('opaque:call') || only.found.has('opaque:do')) {
    return 'a procedure or a DO block may end it with its own COMMIT';
  }
  if (only.first === 'copy') return 'COPY goes over a protocol of its own';
  return needsNoTransaction(values) ? 'this one cannot run in a transaction block' : undefined;
}

/** First words of what PostgreSQL refuses in a transaction block, whatever follows. */
const forbidden: readonly (readonly string[])[] = [
  ['vacuum'],
  ['alter', 'system'],
  ['create', 'database'],
  ['drop', 'database'],
  ['create', 'tablespace'],
  ['drop', 'tablespace'],
  ['reindex', 'database'],
  ['reindex', 'system'],
  ['reindex', 'schema'],
  ['create', 'subscription'],
  ['drop', 'subscription'],
  ['commit', 'prepared'],
  ['rollback', 'prepared'],
  ['discard', 'all'],
];

/** https://www.postgresql.org/docs/current/sql-commands.html: each page says so of its command. */
function needsNoTransaction(values: readonly string[]): boolean {
  const [first] = values;
  if (forbidden.some((words) => words.every((word, i) => values[i] === word))) return true;
  const isOfIndex = (first === 'create' || first === 'drop') && values.slice(1, 3).includes('index');
  return (isOfIndex || first === 'reindex') && values.includes('concurrently');
}
