import { Stream } from 'node:stream';

/** Everything that an application can see, as plain data that can be compared. */
export function shapeOf(value: unknown): unknown {
  if (value instanceof Error) return shapeOfError(value);
  if (Array.isArray(value)) return 'statement' in value ? shapeOfResult(value) : value.map(shapeOf);
  if (typeof value === 'function') return 'function';
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date || Buffer.isBuffer(value)) return value;
  if (value instanceof Promise) return 'promise';
  if (value instanceof Stream) return `a ${value.constructor.name}`;
  if ('columns' in value && 'string' in value) return shapeOfStatement(value);
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, shapeOf(of)]));
}

interface Result extends Array<unknown> {
  readonly count?: unknown;
  readonly command?: unknown;
  readonly columns?: unknown;
  readonly statement?: unknown;
  readonly state?: unknown;
}

function shapeOfResult(result: Result): unknown {
  const { count, command, columns, statement, state } = result;
  const rows = [...result].map(shapeOf);
  // The process id differs.
  const keys = Object.keys(Object(state)).sort();
  const rest = { columns: shapeOf(columns), statement: shapeOf(statement), state: keys };
  return { class: result.constructor.name, rows, count, command, ...rest };
}

/** Without its name: see the step about names. */
function shapeOfStatement({
  name: _,
  ...rest
}: {
  readonly name?: unknown;
  readonly string: unknown;
}): unknown {
  return Object.fromEntries(Object.entries(rest).map(([key, of]) => [key, shapeOf(of)]));
}

/** With what is hidden from a logger, and whether it is. */
function shapeOfError(error: Error): unknown {
  const all = Object.entries(Object.getOwnPropertyDescriptors(error));
  const properties = all.filter(([key]) => key !== 'stack');
  const shown = properties.map(([key, { value, enumerable }]) => [
    key,
    shapeOf(withoutPlace(value)),
    enumerable,
  ]);
  const own = shown.filter(([key, value]) => !isOwnHint(key, value) && !isPlace(key));
  return { class: error.constructor.name, ...Object.fromEntries(own.map(([key, ...rest]) => [key, rest])) };
}

/** Each route has an address of its own. */
function withoutPlace(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/127\.0\.0\.1:\d+/g, 'address') : value;
}

const isPlace = (key: unknown) => key === 'address' || key === 'port';

/** The one field that may differ: a `hint` that PostgreSQL left empty. */
const isOwnHint = (key: unknown, value: unknown) =>
  key === 'hint' && String(value).includes('docs/errors.md#');

/** How a call fails, and with what. */
export async function failure(call: () => unknown): Promise<unknown> {
  let returned: unknown;
  try {
    returned = call();
  } catch (error) {
    return { how: 'thrown', error: shapeOf(error) };
  }
  try {
    const value = await returned;
    return { how: 'not at all', value: shapeOf(value) };
  } catch (error) {
    return { how: 'rejected', error: shapeOf(error) };
  }
}

/** The code of what a call fails with, or its message where it has none. */
export async function codeOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return 'none';
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
    return code ?? withoutPlace(message);
  }
}
