import {
  inScope,
  isBegin,
  isSingleStatement,
  refusedWithSettings,
  type SettingsScope,
  settingsError,
  transactionTag,
} from '@poolsafe/core';
import type { Query } from './driver.ts';

/** A query that is to run, its text, and the settings in force where it was handed over: later they are others. */
export interface Handed {
  readonly query: Query;
  readonly text: string;
  readonly settings: SettingsScope | undefined;
}

/** What of a query calls back has the settings that are in force now, and not those of whoever its connection runs for. */
export function inItsScope(query: Query): Query {
  if (query.forEachFn !== undefined) query.forEachFn = inScope(query.forEachFn);
  if (query.cursorFn !== undefined) query.cursorFn = inScope(query.cursorFn);
  return query;
}

/** Why a query cannot run outside of a transaction with settings in force. */
export function refusedAlone({ query, text, settings }: Handed): Error | undefined {
  if (settings === undefined) return undefined;
  const refused = refusedWithSettings(text, { inTransaction: !settings.mattersAlone });
  if (refused !== undefined || !settings.mattersAlone || travels({ query, text }) || isEmpty(text))
    return refused;
  return settingsError(
    'With settings in force, a placeholder without a value, and .simple() with one, need a transaction.',
    'give the values, or run it in sql.begin()',
  );
}

/** Why a transaction cannot begin with settings in force where its statements may go to other connections. */
export function refusedOnPool({ text, settings }: Handed): Error | undefined {
  if (settings === undefined || !isBegin(text)) return undefined;
  return settingsError(
    'With settings in force, a transaction needs a connection of its own.',
    'sql.begin(), or BEGIN on a connection of sql.reserve()',
  );
}

/** What goes in front of a query outside of a transaction. */
export function aheadOf({ text, settings }: Handed): readonly SettingsScope[] | undefined {
  const needsNone = isEmpty(text) || transactionTag(text) !== undefined;
  return needsNone || !settings?.mattersAlone ? undefined : [settings];
}

/** Whether something can go in front of a query: the extended protocol does what the simple one would. */
export function travels({ query, text }: Pick<Handed, 'query' | 'text'>): boolean {
  return !query.options.simple || isSingleStatement(text);
}

function isEmpty(text: string): boolean {
  return text.trim() === '';
}
