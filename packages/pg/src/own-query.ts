import { isSingleStatement, type SettingsScope, settingsError } from '@poolsafe/core';
import type pg from 'pg';
import type { DeferredBegin } from './deferred-begin.ts';
import { checkedOnSubmit, textOf } from './query-forms.ts';

/** A query that sends itself: a cursor, a stream, a COPY, an instance of `pg.Query`. */
interface OwnQuery {
  submit: unknown;
  readonly name?: unknown;
  readonly values?: unknown;
  /** Of `pg.Query`. */
  requiresPreparation?(): boolean;
  handleDataRow(message: object): void;
  handleCommandComplete(message: object, connection: pg.Connection): void;
}

interface Context {
  readonly begin: DeferredBegin;
  readonly settings: SettingsScope | undefined;
  readonly onTurn?: (() => void) | undefined;
}

/** Lets a query that sends itself have the settings in force: where no transaction has them, in front of it. */
export function behindSettings<Q extends { submit: unknown }>(
  query: Q,
  { begin, settings, onTurn }: Context,
): Q {
  return checkedOnSubmit(query, () => {
    onTurn?.();
    const refusal = begin.refusal(settings, textOf(query));
    if (refusal !== undefined || !begin.goesAhead(settings)) return refusal;
    const own = query as unknown as OwnQuery;
    const refused = refusedAlone(own);
    if (refused !== undefined) return refused;
    hideAhead(own, begin);
    begin.send(settings);
    return undefined;
  });
}

/** Why it cannot be in one group with the settings: the simple protocol has a Sync of its own. */
function refusedAlone(query: OwnQuery): Error | undefined {
  const text = textOf(query);
  if (text === undefined) return notAlone();
  if (isCursor(query)) return undefined;
  const { values } = query;
  if (!query.requiresPreparation || query.name || (values && !Array.isArray(values))) return notAlone();
  if (query.requiresPreparation()) return undefined;
  if (!isSingleStatement(text)) return notAlone();
  query.requiresPreparation = () => true;
  return undefined;
}

/** pg-cursor, or pg-query-stream, which has one. Both go through the extended protocol. */
function isCursor(query: object): boolean {
  const { cursor = query } = query as { cursor?: object };
  const { read, close } = cursor as { read?: unknown; close?: unknown };
  return typeof read === 'function' && typeof close === 'function';
}

/** Keeps the answers to what goes ahead from `query`. */
function hideAhead(query: OwnQuery, begin: DeferredBegin): void {
  const { handleDataRow, handleCommandComplete } = query;
  query.handleDataRow = (message) => {
    if (!begin.isOutstanding) handleDataRow.call(query, message);
  };
  query.handleCommandComplete = (message, connection) => {
    if (begin.isOutstanding) begin.completed();
    else handleCommandComplete.call(query, message, connection);
  };
}

function notAlone(): Error {
  return settingsError(
    'With settings in force, a Query object with a name, or of several statements, needs a transaction.',
    'BEGIN with the settings in force before it',
  );
}
