import type { PoolsafeOptions } from '@poolsafe/postgres';
import type postgres from 'postgres';

/** What the steps use: `postgres` itself, or its drop-in. */
export type Lib = typeof postgres;

/** A client of either. The types of postgres.js leave out `close`. */
export type Sql = postgres.Sql & { close(): Promise<void> };

/** Options that the types of postgres.js do not know, or know otherwise. */
export type Options = Readonly<Record<string, unknown>>;

/** How to reach the database; `poolsafe` is only there for the drop-in. */
export interface Route {
  readonly name: string;
  readonly url: string;
  readonly poolsafe?: PoolsafeOptions;
}

/** A piece of application code. What it gives must be the same whatever library it is given. */
export type Step = (lib: Lib, route: Route) => Promise<unknown>;

/** A client for a route. */
export function connect(lib: Lib, { url, poolsafe }: Route, options: Options = {}): Sql {
  const all = { onnotice: () => {}, ...options, ...(poolsafe && { poolsafe }) };
  return lib(url, all as postgres.Options<never>) as unknown as Sql;
}
