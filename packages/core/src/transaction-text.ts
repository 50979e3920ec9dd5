import { isPlain } from './classify.ts';
import { memoized } from './memo.ts';
import { tokenize } from './sql-lexer.ts';

/** What PostgreSQL answers a text with that begins a transaction, sets its modes, or ends it. */
export type TransactionTag = 'BEGIN' | 'START TRANSACTION' | 'SET' | 'COMMIT' | 'ROLLBACK';

const mode =
  '(?:isolation level (?:serializable|repeatable read|read committed|read uncommitted)|read (?:write|only)|(?:not )?deferrable)';
const modes = `${mode}(?:(?: ,)? ${mode})*`;

const forms: readonly (readonly [TransactionTag, RegExp])[] = [
  ['BEGIN', new RegExp(`^begin(?: work| transaction)?(?: ${modes})?(?: ;)*$`)],
  ['START TRANSACTION', new RegExp(`^start transaction(?: ${modes})?(?: ;)*$`)],
  ['SET', new RegExp(`^set transaction ${modes}(?: ;)*$`)],
  ['COMMIT', /^(?:commit|end)(?: work| transaction)?(?: and no chain)?(?: ;)*$/],
  ['ROLLBACK', /^(?:rollback|abort)(?: work| transaction)?(?: and no chain)?(?: ;)*$/],
];

/** The longest text that is looked at. Characters. */
const longest = 500;

/**
 * The answer to a text that does nothing but begin a transaction, set its modes, or end it as a whole; nothing for any
 * other.
 *
 * ```ts
 * transactionTag('begin isolation level serializable, read only') // 'BEGIN'
 * transactionTag('commit and chain') // undefined
 * ```
 *
 * [PostgreSQL's grammar](https://www.postgresql.org/docs/current/sql-begin.html)
 */
export function transactionTag(sql: string): TransactionTag | undefined {
  return sql.length > longest || isPlain(sql) ? undefined : (known(sql) ?? undefined);
}

/** Whether a text does nothing but begin a transaction. */
export function isBegin(sql: string): boolean {
  const tag = transactionTag(sql);
  return tag === 'BEGIN' || tag === 'START TRANSACTION';
}

const known = memoized((sql): TransactionTag | null => {
  const words = tokenize(sql).values.join(' ');
  return forms.find(([, form]) => form.test(words))?.[0] ?? null;
});

/**
 * Whether the extended protocol runs a text without parameters just as the simple one does: one statement, no COPY,
 * and no placeholder, which each of them complains of in its own way.
 */
export function isSingleStatement(sql: string): boolean {
  return single(sql);
}

const single = memoized((sql): boolean => {
  const { values } = tokenize(sql);
  const last = values.findLastIndex((value) => value !== ';');
  const words = values.slice(0, last + 1);
  return words.length > 0 && words[0] !== 'copy' && !words.some((value) => value === ';' || value === '$');
});
