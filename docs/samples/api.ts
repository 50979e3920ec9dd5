import type { spawn as spawnOfNode } from 'node:child_process';
import type { Case, Result, Servers, Subject, Target } from '@poolsafe/conformance';
import type { Plan, Probed } from '@poolsafe/core';
import type { Listener } from '@poolsafe/core/direct';
import type * as poolsafe from '@poolsafe/pg';
import type poolsafePostgres from '@poolsafe/postgres';
import type * as started from '@poolsafe/stack';
import type { Notification as PgNotification } from 'pg';

/** What the docstrings of the packages that are no driver and no ORM speak of. */
declare global {
  const Pool: typeof poolsafe.Pool;
  const Client: typeof poolsafe.Client;
  const pool: poolsafe.Pool;
  const sql: poolsafePostgres.Sql;
  const spawn: typeof spawnOfNode;
  const error: unknown;
  const log: string;
  const database: string;
  type Notification = PgNotification;

  const plan: Plan;
  const client: poolsafe.Client;
  const probed: Probed & { readonly schema: string };
  const signal: AbortSignal;
  function reject(error: Error): void;
  const db: { transaction<T>(work: (tx: object) => Promise<T>): Promise<T> };
  const lock: (tx: object) => Promise<boolean>;
  const migrate: (tx: object) => Promise<object>;
  const take: (sql: object) => Promise<boolean>;
  const work: (sql: object, lost: AbortSignal) => Promise<string>;
  const lost: AbortSignal;
  const makeClient: () => poolsafe.Client;
  const wireOf: (
    client: poolsafe.Client,
    hear: (one: Notification) => void,
  ) => ReturnType<ConstructorParameters<typeof Listener<Notification, string>>[0]>;

  const startStack: typeof started.startStack;
  const stack: started.Stack;
  const bouncer: started.PgBouncer;
  const address: started.Address;

  const subject: Subject;
  const servers: Servers;
  const pooler: Target;
  const one: Case;
  const results: readonly Result[];
  const rows: readonly { readonly tenant: number; readonly body: string }[];
}
