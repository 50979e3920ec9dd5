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
