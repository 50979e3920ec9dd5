import { isPlain } from '@poolsafe/core';
import pg from 'pg';

/** What `query` takes as its first argument, as far as poolsafe looks at it. */
interface Queryable {
  readonly text?: unknown;
  readonly name?: unknown;
  /** pg-query-stream keeps its text here. */
  readonly cursor?: { readonly text?: unknown };
}

type Callback = (error: Error) => void;

/** The SQL text of a query in any of the forms that `pg` takes. */
export function textOf(query: unknown): string | undefined {
  if (typeof query === 'string') return query;
  if (typeof query !== 'object' || query === null) return undefined;
  const { text, cursor } = query as Queryable;
  const found = text ?? cursor?.text;
  return typeof found === 'string' ? found : undefined;
}

/** The name that the application gave to a statement. */
export function nameOf(query: unknown): string | undefined {
  if (typeof query !== 'object' || query === null) return undefined;
  const { name } = query as Queryable;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** Whether `query` sends itself: a cursor, a stream, a COPY, an instance of `pg.Query`. */
export function isSubmittable(
  query: unknown,
): query is { submit: unknown; callback?: unknown; name?: unknown } {
  return typeof (query as { submit?: unknown }).submit === 'function';
}

/**
 * A copy of the query without its name, made as pg itself copies: the query may be frozen, or its `text` a
 * getter of its class (as in sql-template-strings), and a tracer may spread the copy. A named statement always
 * goes through the extended protocol, with or without parameters; that stays so.
 */
export function unnamed(query: object, text: string | undefined): object {
  return Object.create(Object.getPrototypeOf(query), {
    ...Object.getOwnPropertyDescriptors(query),
    ...Object.getOwnPropertyDescriptors({ name: undefined, queryMode: 'extended', text }),
  });
}

/** Fails a call of `query` in the shape of the call: the first callback among `given`, or a promise. */
export function refuse(error: Error, ...given: readonly unknown[]): Promise<never> | undefined {
  const callback = given.find((value) => typeof value === 'function');
  if (callback === undefined) return Promise.reject(error);
  process.nextTick(callback as Callback, error);
  return undefined;
}

/** Whether there is nothing to decide about a query: its text is plain, and it carries no policy that may be wrong. */
export function isHarmless(query: unknown, text: string): boolean {
  return (query as { poolsafe?: unknown }).poolsafe === undefined && isPlain(text);
}

type Send = (query: unknown, rest: unknown[]) => unknown;

interface Submitting {
  submit(connection: unknown): unknown;
  callback?: unknown;
  query_timeout?: unknown;
}

/**
 * Hands over a query that is checked when its turn comes, since only then the server has said whether a
 * transaction is open. pg gives an error that `submit` returns to the query, and sends nothing.
 */
export function guardedSubmittable(
  query: unknown,
  rest: unknown[],
  check: () => Error | undefined,
  send: Send,
): unknown {
  if (isSubmittable(query)) return send(checkedOnSubmit(query, check), rest);
  const made = new pg.Query(query as never, ...(rest as [])) as unknown as Submitting;
  made.query_timeout = (query as { query_timeout?: unknown }).query_timeout;
  const submitting = checkedOnSubmit(made, check);
  if (typeof submitting.callback === 'function') {
    send(submitting, []);
    return undefined;
  }
  return new Promise((resolve, reject) => {
    submitting.callback = (error: Error | null, result: unknown) => (error ? reject(error) : resolve(result));
    send(submitting, []);
  });
}

export function checkedOnSubmit<Q extends { submit: unknown }>(query: Q, check: () => Error | undefined): Q {
  const submitting = query as unknown as Submitting;
  const { submit } = submitting;
  submitting.submit = (connection) => {
    submitting.submit = submit;
    return check() ?? submitting.submit(connection);
  };
  return query;
}
