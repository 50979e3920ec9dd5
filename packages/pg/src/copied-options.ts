import type { PoolsafeOptions } from '@poolsafe/core';
import type pg from 'pg';

/** The options of a pool or client. */
export type Options = pg.PoolConfig & { poolsafe?: PoolsafeOptions | undefined };

/** A spread would lose what pg makes non-enumerable, for example the password in the options of another pool. */
export function copyOf(options: Options | undefined): Options {
  return Object.defineProperties({}, Object.getOwnPropertyDescriptors(options ?? {}));
}

/** Without what may be a connection that is open already, or lead elsewhere than the address says. */
export function withoutStream(options: Options): Options {
  return Object.defineProperties(copyOf(options), {
    stream: { value: undefined },
    connection: { value: undefined },
  });
}
