import pg from 'pg';

/** Hands every text that a `pg` client is asked to run to `record`, until the returned function is called. */
export function recordPg(record: (text: string) => void): () => void {
  const { query } = pg.Client.prototype;
  const recording = function (this: pg.Client, ...args: unknown[]): unknown {
    const text = textOf(args[0]);
    if (text !== undefined) record(text);
    return Reflect.apply(query, this, args);
  };
  pg.Client.prototype.query = recording as typeof query;
  return () => {
    pg.Client.prototype.query = query;
  };
}

function textOf(asked: unknown): string | undefined {
  if (typeof asked === 'string') return asked;
  const { text } = asked as { text?: unknown };
  return typeof text === 'string' ? text : undefined;
}
