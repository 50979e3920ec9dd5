import { EventEmitter } from 'node:events';

/** Everything of a result or an error that an application can see, as plain data that can be compared. */
export function shapeOf(value: unknown): unknown {
  if (value instanceof Error)
    return { ...value, ...ownHint(value), class: value.constructor.name, message: value.message };
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value === 'function') return 'function';
  if (typeof value !== 'object' || value === null || value instanceof Date || Buffer.isBuffer(value))
    return value;
  if (value instanceof Promise) return 'promise';
  if (value instanceof EventEmitter) return `a ${value.constructor.name}`;
  const entries = Object.entries(value).filter(([key]) => !key.startsWith('_') && key !== 'RowCtor');
  return {
    class: value.constructor?.name,
    ...Object.fromEntries(entries.map(([key, of]) => [key, shapeOf(of)])),
    ...ownHint(value),
  };
}

/** The one field that may differ: a `hint` that PostgreSQL left empty. See hint.test.ts. */
function ownHint(value: object): object {
  const { hint } = value as { hint?: unknown };
  return String(hint).includes('docs/errors.md#') ? { hint: undefined } : {};
}

type Callback = (...given: unknown[]) => void;

/**
 * What a call in callback form returns and calls back with. Some callbacks are never called, since pg-pool
 * puts its own in their place; then what the promise says.
 */
export function calledBack(call: (callback: Callback) => unknown): Promise<unknown> {
  return new Promise((resolve) => {
    let returned: unknown = 'called back before it returned';
    returned = call((...given) =>
      setImmediate(() => resolve({ returned: shapeOf(returned), given: shapeOf(given) })),
    );
    if (returned instanceof Promise) {
      const settled = (how: string) => (value: unknown) => resolve({ how, value: shapeOf(value) });
      returned.then(settled('resolved'), settled('rejected'));
    }
  });
}

/** How a call fails, and with what. */
export async function failure(call: () => unknown): Promise<unknown> {
  let returned: unknown;
  try {
    returned = call();
  } catch (error) {
    return { how: 'thrown', error: shapeOf(error) };
  }
  return Promise.resolve(returned).then(
    (value) => {
      throw new Error(`This was to fail, and gave ${JSON.stringify(shapeOf(value))}`);
    },
    (error) => ({ how: 'rejected', error: shapeOf(error) }),
  );
}
