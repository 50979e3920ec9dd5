import type { Effect } from './effects.ts';
import type { Statement } from './sql-statement.ts';
import { afterName, follows, nameOf, type Tokens } from './sql-tokens.ts';

const settings: ReadonlyMap<string, Effect> = new Map<string, Effect>([
  ['role', 'session:role'],
  ['session_authorization', 'session:authorization'],
  ['transaction_isolation', 'tx:set_transaction'],
  ['transaction_read_only', 'tx:set_transaction'],
  ['transaction_deferrable', 'tx:set_transaction'],
]);

/** `SET …` */
export function setRules(s: Statement): void {
  const { t } = s;
  const first = s.from + 1;
  if (t.values[first] === 'constraints' && !isAssigned(t, first)) {
    s.found.add('tx:set_constraints');
    return;
  }
  const scope = isScope(t, first) ? t.values[first] : undefined;
  const target = scope === undefined ? first : first + 1;
  const modes = t.values[target] === 'transaction' && !isAssigned(t, target);
  const effect = modes ? 'tx:set_transaction' : effectOf(t, target);
  s.found.add(scope === 'local' && effect !== 'tx:set_transaction' ? 'tx:set_local' : effect);
}

/** `RESET …` */
export function resetRules(s: Statement): void {
  const at = s.from + 1;
  const isolation = follows(s.t, at, 'transaction', 'isolation');
  s.found.add(isolation ? 'tx:set_transaction' : effectOf(s.t, at));
}

/** Whether the word is a setting's name (`SET local = 1`, `SET role TO x`, `SET time.x = 1`) and not a keyword. */
function isAssigned(t: Tokens, i: number): boolean {
  const next = t.values[i + 1];
  return next === 'to' || next === 'from' || next === '.' || next?.startsWith('=') === true;
}

function isScope(t: Tokens, i: number): boolean {
  if (isAssigned(t, i)) return false;
  if (t.values[i] === 'local') return true;
  const next = t.values[i + 1];
  const isValue = next === 'authorization' || (next === 'characteristics' && t.values[i + 2] === 'as');
  return t.values[i] === 'session' && !isValue;
}

function effectOf(t: Tokens, i: number): Effect {
  if (follows(t, i, 'session', 'authorization')) return 'session:authorization';
  if (follows(t, i, 'session', 'characteristics')) return 'session:characteristics';
  const end = afterName(t, i);
  // Setting names are compared without regard to case, even when they are quoted.
  const name = end === i + 1 ? nameOf(t.values[i] ?? '').toLowerCase() : '';
  return settings.get(name) ?? 'session:set';
}
