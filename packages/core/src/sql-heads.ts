import type { Effect } from './effects.ts';
import { clauseStart, optionIs } from './sql-clauses.ts';
import { alterRules, createRules, dropRules, maintenanceRules } from './sql-ddl.ts';
import { runningHeads } from './sql-leads.ts';
import { resetRules, setRules } from './sql-set.ts';
import type { Statement } from './sql-statement.ts';

type Rule = (s: Statement) => void;

/** What a statement's first word says: an effect, or the rules that read on. */
const heads: ReadonlyMap<string, Effect | Rule> = new Map<string, Effect | Rule>([
  ['set', setRules],
  ['reset', resetRules],
  ['prepare', prepareRules],
  ['execute', 'session:execute'],
  ['deallocate', 'session:deallocate'],
  ['listen', 'session:listen'],
  ['unlisten', 'session:listen'],
  ['declare', declareRules],
  ['load', 'session:load'],
  ['discard', discardRules],
  ['fetch', 'tx:cursor'],
  ['move', 'tx:cursor'],
  ['close', 'tx:cursor'],
  ['savepoint', 'tx:savepoint'],
  ['release', 'tx:savepoint'],
  ['lock', 'tx:lock_table'],
  ['begin', 'tx:control'],
  ['start', 'tx:control'],
  ['end', 'tx:control'],
  ['abort', 'tx:control'],
  ['commit', endRules],
  ['rollback', endRules],
  ['do', 'opaque:do'],
  ['call', 'opaque:call'],
  ['explain', explainRules],
  ['create', createRules],
  ['alter', alterRules],
  ['drop', dropRules],
  ['vacuum', maintenanceRules],
  ['cluster', maintenanceRules],
  ['reindex', maintenanceRules],
]);

/** Applies the rules for the statement's first words. */
export function applyHead(s: Statement): void {
  const first = s.t.values[s.from] ?? '';
  if (runningHeads.has(first)) s.callsFrom = s.from;
  const head = heads.get(first);
  if (typeof head === 'string') s.found.add(head);
  else head?.(s);
}

function prepareRules(s: Statement): void {
  const { values } = s.t;
  const twoPhase = values[s.from + 1] === 'transaction' && values[s.from + 2] === "'";
  s.found.add(twoPhase ? 'tx:two_phase' : 'session:prepare');
}

function declareRules(s: Statement): void {
  const { values } = s.t;
  const cursor = clauseStart(s, s.from + 2, 'cursor');
  const holds = values[cursor + 1] === 'with' && values[cursor + 2] === 'hold';
  s.found.add(holds ? 'session:cursor_hold' : 'tx:cursor');
}

function discardRules(s: Statement): void {
  s.found.add('session:discard');
  if (s.t.values[s.from + 1] === 'all') s.found.add('no_transaction');
}

function endRules(s: Statement): void {
  const { values } = s.t;
  const next = values[s.from + 1];
  if (next === 'prepared') s.found.add('tx:two_phase').add('no_transaction');
  else {
    const target = next === 'work' || next === 'transaction' ? values[s.from + 2] : next;
    s.found.add(target === 'to' ? 'tx:savepoint' : 'tx:control');
  }
}

const explained: ReadonlySet<string> = new Set(['execute', 'declare', 'create']);

/** The statement after EXPLAIN; its function calls run with ANALYZE only. */
function explainRules(s: Statement): void {
  const { values } = s.t;
  let i = s.from + 1;
  let runs = false;
  if (values[i] === '(' && !startsQuery.has(values[i + 1] ?? '')) {
    while (i < s.to && values[i] !== ')') i++;
    const options = { ...s, to: ++i };
    runs = optionIs(options, 'analyze', true) || optionIs(options, 'analyse', true);
  } else {
    for (; values[i] === 'analyze' || values[i] === 'analyse' || values[i] === 'verbose'; i++) {
      runs ||= values[i] !== 'verbose';
    }
  }
  const inner: Statement = { ...s, from: i };
  const first = values[i] ?? '';
  if (explained.has(first) || runningHeads.has(first)) applyHead(inner);
  s.created = inner.created;
  s.query = inner.query;
  s.callsFrom = runs ? inner.callsFrom : s.to;
}

const startsQuery: ReadonlySet<string> = new Set(['select', 'with', 'values', 'table', '(']);
