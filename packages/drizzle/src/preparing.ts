interface Client {
  unsafe(text: string, values?: unknown, options?: { prepare?: boolean }): unknown;
  begin?(...given: unknown[]): unknown;
  savepoint?(...given: unknown[]): unknown;
}

/**
 * A client as Drizzle gets it, which says `prepare: false` with each query that has no `.prepare()`. That is left
 * out: `@poolsafe/postgres` knows by itself where a statement can be prepared.
 */
export function decidingByItself<T extends object>(client: T): T {
  const sql = client as T & Client;
  const own: Client = {
    unsafe: (text, values, options) => sql.unsafe(text, values, options?.prepare ? options : {}),
    begin: (...given) => sql.begin?.(...given.map(within)),
    savepoint: (...given) => sql.savepoint?.(...given.map(within)),
  };
  return new Proxy(sql, {
    get: (target, key) => Reflect.get(Object.hasOwn(own, key) && key in target ? own : target, key),
  });
}

/** The work of a transaction, with such a client. */
function within(work: unknown): unknown {
  return typeof work === 'function' ? (sql: object) => work(decidingByItself(sql)) : work;
}
