import type { Effect } from './effects.ts';
import { schemaElements } from './sql-ddl.ts';
import { applyHead } from './sql-heads.ts';
import { tokenize } from './sql-lexer.ts';
import type { Statement } from './sql-statement.ts';
import { follows, type Tokens } from './sql-tokens.ts';
import { walk } from './sql-walk.ts';

/** One statement of a text: its first word, folded, and its effects. */
export interface StatementEffects {
  readonly first: string;
  readonly found: ReadonlySet<Effect>;
}

/** The effects of all statements in a text. */
export function findEffects(sql: string): Set<Effect> {
  const found = new Set<Effect>();
  judgeEach(tokenize(sql), () => found);
  return found;
}

/** The effects of each statement in a text. */
export function findStatements(sql: string): StatementEffects[] {
  const statements: StatementEffects[] = [];
  judgeEach(tokenize(sql), (first) => {
    const found = new Set<Effect>();
    statements.push({ first, found });
    return found;
  });
  return statements;
}

function judgeEach(t: Tokens, into: (first: string) => Set<Effect>): void {
  for (let from = 0; from < t.values.length; ) {
    const to = statementEnd(t, from);
    if (to > from) {
      const found = into(t.values[from] ?? '');
      judge({ t, from, to, callsFrom: to, created: -1, query: to, found });
    }
    from = to + 1;
  }
}

/** The index of the semicolon after the statement, past those in parentheses and in a `BEGIN ATOMIC` body. */
function statementEnd(t: Tokens, from: number): number {
  const { values } = t;
  let depth = 0;
  let atomic = false;
  let i = from;
  for (; i < values.length; i++) {
    const value = values[i];
    if (value === '(') depth++;
    else if (value === ')') depth--;
    else if (depth > 0) continue;
    else if (value === ';' && !atomic) break;
    else if (value === 'begin' && values[i + 1] === 'atomic') atomic ||= isRoutine(t, from);
    else if (value === 'end' && atomic) atomic = values[i - 1] !== ';' && values[i - 1] !== 'atomic';
  }
  return i;
}

function isRoutine(t: Tokens, from: number): boolean {
  const at = follows(t, from + 1, 'or', 'replace') ? from + 3 : from + 1;
  return t.values[from] === 'create' && (t.values[at] === 'function' || t.values[at] === 'procedure');
}

function judge(s: Statement): void {
  const isSchema = follows(s.t, s.from, 'create', 'schema');
  const edges = isSchema ? schemaElements(s) : [s.from];
  edges.forEach((from, k) => {
    judgeOne({ ...s, from, to: edges[k + 1] ?? s.to });
  });
}

function judgeOne(s: Statement): void {
  applyHead(s);
  walk(s);
}
