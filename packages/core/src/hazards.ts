import type { Effect } from './effects.ts';

/** The `code` of a row of {@link hazards}, and of the error it leads to. */
export type HazardCode =
  | 'POOLSAFE_SESSION_SET'
  | 'POOLSAFE_SESSION_ROLE'
  | 'POOLSAFE_SET_CONFIG'
  | 'POOLSAFE_SQL_PREPARE'
  | 'POOLSAFE_LISTEN'
  | 'POOLSAFE_ADVISORY_LOCK'
  | 'POOLSAFE_TEMP_TABLE'
  | 'POOLSAFE_HOLD_CURSOR'
  | 'POOLSAFE_LOAD'
  | 'POOLSAFE_DISCARD'
  | 'POOLSAFE_SEQUENCE_STATE'
  | 'POOLSAFE_SESSION_FUNCTION'
  | 'POOLSAFE_LOCAL_OUTSIDE_TRANSACTION'
  | 'POOLSAFE_TRANSACTION_ON_POOL'
  | 'POOLSAFE_CANCEL'
  | 'POOLSAFE_STATEMENT_NAME'
  | 'POOLSAFE_STARTUP_PARAMETER';

/** SQL that does the same safely: in a transaction, on its own, or on a session of its own without the pooler. */
export interface Example {
  readonly runs: 'transaction' | 'query' | 'session';
  readonly sql: readonly string[];
}

/** One row of {@link hazards}: something that works on a session and breaks behind a transaction pooler. */
export interface Hazard {
  /** Stable identifier; also the `code` of the error and the name of its page. */
  readonly code: HazardCode;
  readonly title: string;
  /** What the classifier must see in the SQL text. Empty where the hazard is not in the SQL. */
  readonly effects: readonly Effect[];
  /**
   * Where it is refused. A transaction keeps its server connection, so some effects are harmless inside one.
   * `never`: it is made harmless without a word.
   */
  readonly when: 'always' | 'outside a transaction' | 'on a pool' | 'at the login' | 'never';
  /** One sentence, present tense: why it breaks. */
  readonly why: string;
  /** What the application sees. */
  readonly consequence: string;
  /** What to write instead, in one line. */
  readonly fix: string;
  /** The fix as SQL, which {@link fixFor} puts into the words of a stack. */
  readonly example: Example | undefined;
  /** Where the fact comes from: the conformance case that reproduces it, or what was read. */
  readonly source: string;
}

/**
 * What breaks behind a transaction-mode pooler, one row per hazard. The guard, the error texts and the
 * documentation are made from these rows.
 *
 * ```ts
 * hazards.POOLSAFE_SESSION_SET.fix
 * ```
 */
export const hazards: { readonly [Code in HazardCode]: Hazard } = {
  POOLSAFE_SESSION_SET: {
    code: 'POOLSAFE_SESSION_SET',
    title: 'SET or RESET of a session setting',
    effects: ['session:set', 'session:characteristics'],
    when: 'always',
    why: 'SET outlives this transaction on a server connection you no longer hold',
    consequence: 'your next statement does not see the setting, and another client does',
    fix: "withSettings({ name: 'value' }, …), or SET LOCAL inside a transaction",
    example: { runs: 'transaction', sql: ["set local statement_timeout = '5s'", 'select * from notes'] },
    source: 'conformance: session-set-lost, session-set-leaked',
  },
  POOLSAFE_SESSION_ROLE: {
    code: 'POOLSAFE_SESSION_ROLE',
    title: 'SET ROLE or SET SESSION AUTHORIZATION',
    effects: ['session:role', 'session:authorization'],
    when: 'always',
    why: 'the role stays on a server connection that the next client gets',
    consequence: 'another client acts with your rights, and you act with theirs',
    fix: "withSettings({ role: 'name' }, …), or SET LOCAL ROLE inside a transaction",
    example: { runs: 'transaction', sql: ['set local role app_user', 'select * from notes'] },
    source: 'conformance: session-role-leaked',
  },
  POOLSAFE_SET_CONFIG: {
    code: 'POOLSAFE_SET_CONFIG',
    title: 'set_config() for the session',
    effects: ['session:set_config', 'session:set_config_dynamic'],
    when: 'always',
    why: 'set_config(…, false) outlives this transaction on a server connection you no longer hold',
    consequence: 'row-level security reads another tenant; your own tenant is lost',
    fix: "withSettings({ name: 'value' }, …), or set_config('name', 'value', true) with a literal true inside a transaction",
    example: {
      runs: 'transaction',
      sql: ["select set_config('app.tenant_id', '1', true)", 'select * from notes'],
    },
    source: 'conformance: tenant-leak',
  },
  POOLSAFE_SQL_PREPARE: {
    code: 'POOLSAFE_SQL_PREPARE',
    title: 'SQL-level PREPARE, EXECUTE or DEALLOCATE',
    effects: ['session:prepare', 'session:execute', 'session:deallocate'],
    when: 'always',
    why: 'the statement exists on one server connection; no pooler tracks the SQL form',
    consequence: '26000 on another server connection, or the execution of what another client prepared',
    fix: 'send the statement with parameters and let the driver prepare it where that is safe',
    example: { runs: 'query', sql: ['select * from notes where id = 1'] },
    source: 'conformance: sql-prepare',
  },
  POOLSAFE_LISTEN: {
    code: 'POOLSAFE_LISTEN',
    title: 'LISTEN or UNLISTEN',
    effects: ['session:listen'],
    when: 'always',
    why: 'notifications arrive on a server connection that nobody reads for you',
    consequence: 'no notification and no error',
    fix: "listen('channel', …) of the pool or sql, with `poolsafe: { direct: url }`; NOTIFY is fine here",
    example: { runs: 'session', sql: ['listen news'] },
    source: 'conformance: listen',
  },
  POOLSAFE_ADVISORY_LOCK: {
    code: 'POOLSAFE_ADVISORY_LOCK',
    title: 'Session-level advisory lock',
    effects: ['session:advisory_lock'],
    when: 'always',
    why: 'the lock belongs to a server connection that other clients share',
    consequence: 'two clients hold the same exclusive lock, and it is not released when you disconnect',
    fix: "withAdvisoryLock('key', …) of the pool or sql, or pg_advisory_xact_lock() inside a transaction",
    example: {
      runs: 'transaction',
      sql: ['select pg_advisory_xact_lock(42)', 'update counters set n = n + 1'],
    },
    source: 'conformance: advisory-lock-shared, advisory-lock-stranded',
  },
  POOLSAFE_TEMP_TABLE: {
    code: 'POOLSAFE_TEMP_TABLE',
    title: 'Temporary object that outlives its transaction',
    effects: ['session:temp', 'session:temp_ref'],
    when: 'always',
    why: 'the object lives on one server connection, and shadows the real table for whoever gets it next',
    consequence: '42P01 for you, your rows for another client',
    fix: 'CREATE TEMP TABLE … ON COMMIT DROP inside a transaction, or a CTE; pool.session(…) with `poolsafe: { direct: url }`',
    example: {
      runs: 'transaction',
      sql: ['create temp table picked (id int) on commit drop', 'insert into picked select id from notes'],
    },
    source: 'conformance: temp-table-shadow',
  },
  POOLSAFE_HOLD_CURSOR: {
    code: 'POOLSAFE_HOLD_CURSOR',
    title: 'Cursor WITH HOLD',
    effects: ['session:cursor_hold'],
    when: 'always',
    why: 'the cursor stays on a server connection you no longer hold',
    consequence: '34000 for you; another client can read your rows',
    fix: "a cursor inside a transaction, or the driver's own stream",
    example: { runs: 'transaction', sql: ['declare c cursor for select * from notes', 'fetch 100 from c'] },
    source: 'conformance: hold-cursor',
  },
  POOLSAFE_LOAD: {
    code: 'POOLSAFE_LOAD',
    title: 'LOAD of a library',
    effects: ['session:load'],
    when: 'always',
    why: 'the library is loaded into one server connection',
    consequence: 'it is missing on the next one, and present for other clients',
    fix: 'session_preload_libraries for the role or database',
    example: { runs: 'query', sql: ["alter role app set session_preload_libraries = 'auto_explain'"] },
    source: 'conformance: load',
  },
  POOLSAFE_DISCARD: {
    code: 'POOLSAFE_DISCARD',
    title: 'DISCARD',
    effects: ['session:discard'],
    when: 'always',
    why: 'it clears a server connection that other clients use',
    consequence:
      'prepared statements of other clients disappear (26000), and so do settings the pooler relies on',
    fix: 'leave it out: a transaction pooler gives you no session to discard',
    example: undefined,
    source: 'conformance: discard-all',
  },
  POOLSAFE_SEQUENCE_STATE: {
    code: 'POOLSAFE_SEQUENCE_STATE',
    title: 'lastval() or currval() outside a transaction',
    effects: ['session:seqval'],
    when: 'outside a transaction',
    why: 'the value belongs to a server connection that another client may have used since',
    consequence: "lastval() returns another client's id; currval() fails with 55000",
    fix: 'INSERT … RETURNING id, or both statements in one transaction',
    example: { runs: 'query', sql: ["insert into notes (body) values ('hello') returning id"] },
    source: 'conformance: lastval',
  },
  POOLSAFE_SESSION_FUNCTION: {
    code: 'POOLSAFE_SESSION_FUNCTION',
    title: 'Function that changes the session',
    effects: ['session:seed', 'session:other_fn'],
    when: 'always',
    why: 'its effect stays on a server connection you no longer hold',
    consequence: 'it is missing on your next statement, and present for another client',
    fix: 'pool.session(…) with `poolsafe: { direct: url }`: a connection that does not go through the pooler',
    example: { runs: 'session', sql: ['select setseed(0.42)', 'select random()'] },
    source: 'conformance: session-function',
  },
  POOLSAFE_LOCAL_OUTSIDE_TRANSACTION: {
    code: 'POOLSAFE_LOCAL_OUTSIDE_TRANSACTION',
    title: 'SET LOCAL, SET TRANSACTION, a transaction lock or a table ON COMMIT DROP outside a transaction',
    effects: [
      'tx:set_local',
      'tx:set_transaction',
      'tx:set_constraints',
      'tx:advisory_lock',
      'tx:temp_on_commit_drop',
    ],
    when: 'outside a transaction',
    why: 'a statement on its own is its own transaction, so the effect ends with the statement',
    consequence: 'nothing happens: no setting, no lock, no table, and no error',
    fix: 'withSettings(…) for a setting; otherwise the same statement after BEGIN, in the transaction that needs it',
    example: { runs: 'transaction', sql: ["set local statement_timeout = '5s'", 'select * from notes'] },
    source: 'conformance: local-outside-transaction, xact-lock-outside-transaction',
  },
  POOLSAFE_TRANSACTION_ON_POOL: {
    code: 'POOLSAFE_TRANSACTION_ON_POOL',
    title: 'BEGIN, COMMIT or ROLLBACK through a pool',
    effects: ['tx:control'],
    when: 'on a pool',
    why: 'each query of a pool may run on another client, so this transaction has no statements',
    consequence: 'work that was to be rolled back is committed, and a transaction stays open on some client',
    fix: 'check a client out (pool.connect()), or the transaction function of the ORM',
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
    code: 'POOLSAFE_CANCEL',
    title: 'pg_cancel_backend() or pg_terminate_backend() with a pid from the client',
    effects: [],
    when: 'always',
    why: "the pid a client knows is the pooler's own, or that of a server connection somebody else has by now",
    consequence: "nothing is cancelled, or another client's query is",
    fix: "the driver's cancel, which uses the protocol's CancelRequest; or look the pid up in pg_stat_activity in the same statement",
    example: {
      runs: 'query',
      sql: ["select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'reports'"],
    },
    source: 'conformance: cancel-by-pid',
  },
  POOLSAFE_STATEMENT_NAME: {
    code: 'POOLSAFE_STATEMENT_NAME',
    title: 'Named prepared statement',
    effects: [],
    when: 'never',
    why: 'the name belongs to one server connection, where another client may have given it to other SQL',
    consequence: "26000, 42P05, or the rows of another client's query",
    fix: 'nothing: the name is dropped where the pooler cannot keep it, and the statement runs without',
    example: { runs: 'query', sql: ['select * from notes where id = 1'] },
    source: 'conformance: named-*',
  },
  POOLSAFE_STARTUP_PARAMETER: {
    code: 'POOLSAFE_STARTUP_PARAMETER',
    title: 'Startup parameter that the pooler refuses, and that is no setting',
    effects: [],
    when: 'at the login',
    why: 'a pooler accepts only the startup parameters that it can restore on every server connection',
    consequence: '08P01 unsupported startup parameter: the login fails',
    fix: 'leave it out; a setting can be given to the role instead: ALTER ROLE … SET',
    example: undefined,
    source: 'conformance: startup-*',
  },
};

/** The page of a hazard, relative to the repository. */
export function hazardPage(code: HazardCode): string {
  return `docs/hazards/${code}.md`;
}

/** Whether `value` is the `code` of a row of {@link hazards}. */
export function isHazardCode(value: unknown): value is HazardCode {
  return typeof value === 'string' && Object.hasOwn(hazards, value);
}

const byEffect: ReadonlyMap<Effect, Hazard> = new Map(
  Object.values(hazards).flatMap((hazard) => hazard.effects.map((effect) => [effect, hazard] as const)),
);

/** The hazard that an effect is, where it is one. */
export function hazardOf(effect: Effect): Hazard | undefined {
  return byEffect.get(effect);
}
