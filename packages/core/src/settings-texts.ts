import type { PoolsafeError } from './errors.ts';
import { settingsError } from './errors.ts';
import { memoized } from './memo.ts';
import { findStatements, type StatementEffects } from './sql-classify.ts';
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
  return { inside, alone: whyNotAlone(statements) };
});

function whyNotAlone(statements: readonly StatementEffects[]): string | undefined {
  if (statements.length > 1) return 'several statements in one text are one of their own';
  const [only] = statements;
  if (only === undefined) return undefined;
  if (only.found.has('opaque:call') || only.found.has('opaque:do')) {
    return 'a procedure or a DO block may end it with its own COMMIT';
  }
  if (only.first === 'copy') return 'COPY goes over a protocol of its own';
  return only.found.has('no_transaction') ? 'this one cannot run in a transaction block' : undefined;
}
