import { directOptions } from '@poolsafe/core';
import type { Client, Pool, PoolConfig } from '@poolsafe/pg';
import type pg from 'pg';
import { copyOf } from './copied-options.ts';
import { taken } from './taken-session.ts';

/** What the driver of kysely uses of a pool of `@poolsafe/pg`. */
export interface GuardedPool extends Pick<Pool, 'options' | 'poolsafe' | 'end'> {
  connect(): Promise<pg.PoolClient>;
}

/**
 * The direct lane of a pool in the place of that pool: each connection is a session of its own, and is closed when it
 * is released. The pool is left to whoever has it, unless it was opened for this.
 */
export class PoolSessions implements GuardedPool {
  readonly poolsafe: Pool['poolsafe'];
  /** Where its connections lead: a cancel request goes there as well. */
  readonly options: Pool['options'];
  readonly end: Pool['end'];
  readonly #pool: Pool;

  constructor(pool: Pool, { ends = false }: { readonly ends?: boolean } = {}) {
    this.#pool = pool;
    this.poolsafe = pool.poolsafe;
    this.options = optionsOf(pool);
    this.end = ends ? () => pool.end() : async () => {};
  }

  async connect(): Promise<pg.PoolClient> {
    const { given, close } = await taken<Client>((work) => this.#pool.session(work));
    return Object.assign(given, { release: close }) as unknown as pg.PoolClient;
  }
}

/** Those of the direct lane. */
function optionsOf({ options }: Pool): Pool['options'] {
  const { direct } = (options as PoolConfig).poolsafe ?? {};
  if (direct === undefined) return options;
  const there = { stream: undefined, ...directOptions(direct), poolsafe: { pooler: 'direct' as const } };
  return copyOf(options, there as never) as Pool['options'];
}
