import { readFile } from 'node:fs';
import type { Driver, Handler, Query } from './driver.ts';

/** The functions that every `sql` has: that of the client, of a transaction, of a reserved connection. */
export type SqlFunctions = Pick<Driver, 'types' | 'typed' | 'unsafe' | 'notify' | 'array' | 'json' | 'file'> &
  ((first: unknown, ...rest: unknown[]) => unknown);

/**
 * An `sql` whose queries go to `handler`. The driver makes each query, which is lazy: only once somebody waits
 * for it does it ask its handler to run it.
 */
export function makeSql(driver: Driver, handler: Handler, cancel: (query: Query) => unknown): SqlFunctions {
  handler.debug = driver.options.debug;
  const ours = (made: unknown): Query =>
    Object.assign(made as Query, { handler, canceller: cancel } satisfies Partial<Query>);

  function sql(first: unknown, ...rest: unknown[]): unknown {
    const made = (driver as unknown as SqlFunctions)(first, ...rest);
    if (!Array.isArray((first as { raw?: unknown } | undefined)?.raw)) return made;
    // The driver keeps four lines of the stack, of which this function takes one.
    if (!driver.options.debug)
      Object.defineProperty(made, 'origin', { value: originOf(first as object, sql) });
    return ours(made);
  }

  function unsafe(...given: unknown[]): Query {
    const query = ours((driver.unsafe as (...given: unknown[]) => unknown)(...given));
    // What the driver says for want of a word from the application.
    if (!given.slice(1).some(saysPrepare)) delete query.options.prepare;
    return query;
  }

  function file(path: string, ...given: unknown[]): Query {
    const query = ours((driver.file as (...given: unknown[]) => unknown)(path, ...given));
    query.handler = (self) => {
      readFile(path, 'utf8', (error, text) => {
        if (error) return self.reject(error);
        self.strings = [text];
        handler(self);
      });
    };
    return query;
  }

  const tag = sql as (strings: TemplateStringsArray, ...args: unknown[]) => unknown;

  async function notify(channel: string, payload: string): Promise<unknown> {
    return await tag`select pg_notify(${channel}, ${String(payload)})`;
  }

  const { types, typed, array, json } = driver;
  return Object.assign(sql, { types, typed, array, json, unsafe, file, notify }) as unknown as SqlFunctions;
}

function saysPrepare(given: unknown): boolean {
  return typeof given === 'object' && given !== null && !Array.isArray(given) && 'prepare' in given;
}

const origins = new WeakMap<object, string>();

/** Where a template stands in the source, as the stack of an error. Once for each template, as in the driver. */
function originOf(strings: object, below: (...given: never[]) => unknown): string {
  const known = origins.get(strings);
  if (known !== undefined) return known;
  const place: { stack?: string } = {};
  Error.captureStackTrace(place, below);
  const origin = place.stack ?? '';
  origins.set(strings, origin);
  return origin;
}
