import type { Readable, Writable } from 'node:stream';
import { hintFor } from '@poolsafe/core';
import type { Driver, Query } from './driver.ts';

/** Classes that postgres.js does not export, found by what its own functions return. */
export interface Classes {
  readonly Query: new () => Query;
  readonly Identifier: new () => { readonly value: string };
  readonly Builder: new () => { readonly first: unknown; readonly rest: readonly unknown[] };
}

/** Finds the {@link Classes} of an installation. Nothing is sent. */
export function classesOf(driver: Driver): Classes {
  const classOf = (made: unknown) => (made as object).constructor;
  const found = [driver.unsafe(''), driver('name' as never), driver({} as never)].map(classOf);
  const [Query, Identifier, Builder] = found as never[];
  return { Query, Identifier, Builder } as unknown as Classes;
}

/**
 * The text of a query as far as the guard needs it, before the driver builds it: with its fragments and
 * identifiers, and `$1` for whatever is a value.
 */
export function textOf(query: Query, classes: Classes): string {
  const { strings, args } = query;
  let text = strings[0] ?? '';
  for (let i = 1; i < strings.length; i += 1) text += textOfValue(args[i - 1], classes) + strings[i];
  return text;
}

function textOfValue(value: unknown, classes: Classes): string {
  if (typeof value !== 'object' || value === null) return '$1';
  if (value instanceof classes.Query) return textOf(value, classes);
  if (value instanceof classes.Identifier) return value.value;
  if (value instanceof classes.Builder) return `(${textOfFragments(value.first, classes)})`;
  return Array.isArray(value) && value[0] instanceof classes.Query
    ? value.map((fragment) => textOf(fragment, classes)).join(' ')
    : '$1';
}

/** A helper takes names and values, one row or several, and a value may be a fragment. */
function textOfFragments(first: unknown, classes: Classes): string {
  if (typeof first !== 'object' || first === null) return '$1';
  const rows = Array.isArray(first) ? first : [first];
  const values = rows.flatMap((row) => (typeof row === 'object' && row !== null ? Object.values(row) : []));
  const fragments = values.filter(
    (value) => value instanceof classes.Query || value instanceof classes.Identifier,
  );
  return ['$1', ...fragments.map((fragment) => textOfValue(fragment, classes))].join(', ');
}

/** What a connection does about a query that it runs. */
export interface Following {
  /** Gives the error to fail with, or `undefined` when the query is left waiting, since it will run again. */
  onError(error: unknown): unknown;
  /** The query is a COPY, and the application has its stream now. */
  onCopy(stream: CopyStream): void;
  /** The application has destroyed the stream of a COPY before its end. */
  onLeft(): void;
  /** The query is a COPY from the application, which did not say `.writable()`. */
  onUnasked(): void;
}

/** What postgres.js gives for a COPY: something to read, or to write. */
export type CopyStream = Readable & Partial<Pick<Writable, 'writableEnded'>>;

/**
 * Lets `choose` decide whether a query is prepared, and under which key the driver remembers that: when the driver
 * has made its text, which nobody else can, and before it sends anything.
 */
export function onBuilt(query: Query, choose: (signature: string | false) => string | false): void {
  let { signature } = query;
  Object.defineProperty(query, 'signature', {
    configurable: true,
    enumerable: true,
    get: () => signature,
    set(built: string | false) {
      signature = choose(built);
      query.prepare = signature !== false;
    },
  });
}

/** Whether a query can be prepared, as far as it goes by how it is called. */
export function isPreparable({ options, cursorFn, onlyDescribe }: Query): boolean {
  return options.prepare !== false && options.simple !== true && !cursorFn && !onlyDescribe;
}

/**
 * Makes a query follow the connection that runs it. What it changes are properties that postgres.js itself
 * assigns on the query, and that its connection reads while the query runs.
 */
export function follow(query: Query, following: Following): void {
  if (query.cursorFn === undefined) followRows(query, following);
  else followCursor(query, following);
}

/** A COPY has given its stream away when it fails at the end, and then nobody tells the stream. */
function followRows(query: Query, { onError, onCopy, onLeft, onUnasked }: Following): void {
  const { resolve, reject } = query;
  let stream: CopyStream | undefined;
  query.reject = (given) => {
    const error = onError(given);
    if (error === undefined) return;
    fillHint(error);
    stream?.destroy(error as Error);
    reject(error);
  };
  query.resolve = (value) => {
    // A query that is no COPY comes to a result, and so does each COPY once more at its end.
    const isCopy = stream === undefined && typeof (value as Partial<CopyStream>).destroy === 'function';
    if (isCopy && !query.streaming && 'writableEnded' in (value as CopyStream)) {
      onUnasked();
      return;
    }
    resolve(value);
    if (!isCopy) return;
    stream = value as CopyStream;
    onCopy(stream);
    stream.once('close', () => {
      // A writable one has told the server.
      if (stream?.readableEnded === false) onLeft();
    });
  };
}

/**
 * An iterator over batches takes `active: false` for the end of the rows, also when the connection was lost while
 * nobody waited for the next batch. For each batch it has a `reject` of its own.
 */
function followCursor(query: Query, { onError }: Following): void {
  let { reject, active } = query;
  let failure: { readonly error: unknown } | undefined;
  Object.defineProperties(query, {
    active: {
      get: () => active || failure !== undefined,
      set(value: boolean) {
        active = value;
      },
    },
    reject: {
      get: () => (given: unknown) => {
        const error = onError(given);
        if (error === undefined) return;
        fillHint(error);
        failure = { error };
        reject(error);
      },
      set(value: Query['reject']) {
        reject = value;
        if (failure !== undefined) value(failure.error);
      },
    },
  });
}

/** An error of postgres.js, of which only one of the server has `severity_local`. */
interface ServerError {
  readonly code?: string;
  readonly message?: string;
  readonly severity_local?: unknown;
  hint?: string;
}

/** The only field of an error that is ever changed, and only where PostgreSQL and the pooler left it empty. */
export function fillHint(error: unknown): void {
  const given = error as ServerError | null;
  if (typeof given?.severity_local !== 'string' || given.hint !== undefined) return;
  const hint = hintFor(given);
  if (hint !== undefined) given.hint = hint;
}
