import { type HazardCode, hazardCodes, type Refusal, refusals } from './refusals.ts';

/** SQL that does the same safely: in a transaction, on its own, or on a session of its own without the pooler. */
export interface Example {
  readonly runs: 'transaction' | 'query' | 'session';
  readonly sql: readonly string[];
}

/** One row of {@link hazards}: something that works on a session and breaks behind a transaction pooler. */
export interface Hazard extends Refusal {
  /** Stable identifier; also the `code` of the error and the name of its page. */
  readonly code: HazardCode;
  readonly title: string;
  /** What the application sees. */
  readonly consequence: string;
  /** The fix as SQL, which {@link fixFor} puts into the words of a stack. */
  readonly example: Example | undefined;
  /** Where the fact comes from: the conformance case that reproduces it, or what was read. */
  readonly source: string;
}

/** What the guard can do without. */
const told: { readonly [Code in HazardCode]: Omit<Hazard, keyof Refusal | 'code'> } = {
  POOLSAFE_SESSION_SET: {
    title: 'SET or RESET of a session setting',
    consequence: 'your next statement does not see the setting, and another client does',
    example: { runs: 'transaction', sql: ["set local statement_timeout = '5s'", 'select * from notes'] },
    source: 'conformance: session-set-lost, session-set-leaked',
  },
  POOLSAFE_SESSION_ROLE: {
    title: 'SET ROLE or SET SESSION AUTHORIZATION',
    consequence: 'another client acts with your rights, and you act with theirs',
    example: { runs: 'transaction', sql: ['set local role app_user', 'select * from notes'] },
    source: 'conformance: session-role-leaked',
  },
  POOLSAFE_SET_CONFIG: {
    title: 'set_config() for the session',
    consequence: 'row-level security reads another tenant; your own tenant is lost',
    example: {
      runs: 'transaction',
      sql: ["select set_config('app.tenant_id', '1', true)", 'select * from notes'],
    },
    source: 'conformance: tenant-leak',
  },
  POOLSAFE_SQL_PREPARE: {
    title: 'SQL-level PREPARE, EXECUTE or DEALLOCATE',
    consequence: '26000 on another server connection, or the execution of what another client prepared',
    example: { runs: 'query', sql: ['select * from notes where id = 1'] },
    source: 'conformance: sql-prepare',
  },
  POOLSAFE_LISTEN: {
    title: 'LISTEN or UNLISTEN',
    consequence: 'no notification and no error',
    example: { runs: 'session', sql: ['listen news'] },
    source: 'conformance: listen',
  },
  POOLSAFE_ADVISORY_LOCK: {
    title: 'Session-level advisory lock',
    consequence: 'two clients hold the same exclusive lock, and it is not released when you disconnect',
    example: {
      runs: 'transaction',
      sql: ['select pg_advisory_xact_lock(42)', 'update counters set n = n + 1'],
    },
    source: 'conformance: advisory-lock-shared, advisory-lock-stranded',
  },
  POOLSAFE_TEMP_TABLE: {
    title: 'Temporary object that outlives its transaction',
    consequence: '42P01 for you, your rows for another client',
    example: {
      runs: 'transaction',
      sql: ['create temp table picked (id int) on commit drop', 'insert into picked select id from notes'],
    },
    source: 'conformance: temp-table-shadow',
  },
  POOLSAFE_HOLD_CURSOR: {
    title: 'Cursor WITH HOLD',
    consequence: '34000 for you; another client can read your rows',
    example: { runs: 'transaction', sql: ['declare c cursor for select * from notes', 'fetch 100 from c'] },
    source: 'conformance: hold-cursor',
  },
  POOLSAFE_LOAD: {
    title: 'LOAD of a library',
    consequence: 'it is missing on the next one, and present for other clients',
    example: { runs: 'query', sql: ["alter role app set session_preload_libraries = 'auto_explain'"] },
    source: 'conformance: load',
  },
  POOLSAFE_DISCARD: {
    title: 'DISCARD',
    consequence:
      'prepared statements of other clients disappear (26000), and so do settings the pooler relies on',
    example: undefined,
    source: 'conformance: discard-all',
  },
  POOLSAFE_SEQUENCE_STATE: {
    title: 'lastval() or currval() outside a transaction',
    consequence: "lastval() returns another client's id; currval() fails with 55000",
    example: { runs: 'query', sql: ["insert into notes (body) values ('hello') returning id"] },
    source: 'conformance: lastval',
  },
  POOLSAFE_SESSION_FUNCTION: {
    title: 'Function that changes the session',
    consequence: 'it is missing on your next statement, and present for another client',
    example: { runs: 'session', sql: ['select setseed(0.42)', 'select random()'] },
    source: 'conformance: session-function',
  },
  POOLSAFE_LOCAL_OUTSIDE_TRANSACTION: {
    title: 'SET LOCAL, SET TRANSACTION, a transaction lock or a table ON COMMIT DROP outside a transaction',
    consequence: 'nothing happens: no setting, no lock, no table, and no error',
    example: { runs: 'transaction', sql: ["set local statement_timeout = '5s'", 'select * from notes'] },
    source: 'conformance: local-outside-transaction, xact-lock-outside-transaction',
  },
  POOLSAFE_TRANSACTION_ON_POOL: {
    title: 'BEGIN, COMMIT or ROLLBACK through a pool',
    consequence: 'work that was to be rolled back is committed, and a transaction stays open on some client',
    example: {
      runs: 'transaction',
      sql: [
        'update accounts set balance = balance - 1 where id = 1',
        'update accounts set balance = balance + 1 where id = 2',
      ],
    },
    source: 'conformance: transaction-on-pool',
  },
  POOLSAFE_CANCEL: {
    title: 'pg_cancel_backend() or pg_terminate_backend() with a pid from the client',
    consequence: "nothing is cancelled, or another client's query is",
    example: {
      runs: 'query',
      sql: ["select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'reports'"],
    },
    source: 'conformance: cancel-by-pid',
  },
  POOLSAFE_STATEMENT_NAME: {
    title: 'Named prepared statement',
    consequence: "26000, 42P05, or the rows of another client's query",
    example: { runs: 'query', sql: ['select * from notes where id = 1'] },
    source: 'conformance: named-*',
  },
  POOLSAFE_STARTUP_PARAMETER: {
    title: 'Startup parameter that the pooler refuses, and that is no setting',
    consequence: '08P01 unsupported startup parameter: the login fails',
    example: undefined,
    source: 'conformance: startup-*',
  },
};

/**
 * What breaks behind a transaction-mode pooler, one row per hazard. The guard, the error texts and the
 * documentation are made from these rows.
 *
 * ```ts
 * hazards.POOLSAFE_SESSION_SET.consequence
 * ```
 */
export const hazards: { readonly [Code in HazardCode]: Hazard } = Object.fromEntries(
  hazardCodes.map((code) => [code, { code, ...refusals[code], ...told[code] }]),
) as { [Code in HazardCode]: Hazard };
