import type { Effect } from './effects.ts';
import type { Tokens } from './sql-tokens.ts';

/** One statement: its tokens from `from` to `to`, and what the rules for its first words found out. */
export interface Statement {
  readonly t: Tokens;
  readonly from: number;
  readonly to: number;
  /** Function calls before this token are names or stored work, which the statement does not run. */
  callsFrom: number;
  /** Where the name of the object stands that the statement creates, or -1. */
  created: number;
  /** Where the query starts that a table or view is made from, or `to`. */
  query: number;
  readonly found: Set<Effect>;
}
