import type { Effect } from './effects.ts';

/** The `code` of a row of {@link refusals}, and of the error it leads to. */
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

/** One row of {@link refusals}. */
export interface Refusal {
  /** What the classifier must see in the SQL text. Empty where the hazard is not in the SQL. */
  readonly effects: readonly Effect[];
  /**
   * Where it is refused. A transaction keeps its server connection, so some effects are harmless inside one.
   * `never`: it is made harmless without a word.
   */
  readonly when: 'always' | 'outside a transaction' | 'on a pool' | 'at the login' | 'never';
  /** One sentence, present tense: why it breaks. */
  readonly why: string;
  /** What to write instead, in one line. */
  readonly fix: string;
}

/**
 * What the guard has to know of each hazard: how to see it, when to refuse it, and what to say then. The rest of what
 * is known about them is in the `hazards` of `@poolsafe/core/knowledge`.
 *
 * ```ts
 * refusals.POOLSAFE_SESSION_SET.fix
 * ```
 */
export const refusals: { readonly [Code in HazardCode]: Refusal } = {
  POOLSAFE_SESSION_SET: {
    effects: ['session:set', 'session:characteristics'],
    when: 'always',
    why: 'SET outlives this transaction on a server connection you no longer hold',
    fix: "withSettings({ name: 'value' }, …), or SET LOCAL inside a transaction",
  },
  POOLSAFE_SESSION_ROLE: {
    effects: ['session:role', 'session:authorization'],
    when: 'always',
    why: 'the role stays on a server connection that the next client gets',
    fix: "withSettings({ role: 'name' }, …), or SET LOCAL ROLE inside a transaction",
  },
  POOLSAFE_SET_CONFIG: {
    effects: ['session:set_config', 'session:set_config_dynamic'],
    when: 'always',
    why: 'set_config(…, false) outlives this transaction on a server connection you no longer hold',
    fix: "withSettings({ name: 'value' }, …), or set_config('name', 'value', true) with a literal true inside a transaction",
  },
  POOLSAFE_SQL_PREPARE: {
    effects: ['session:prepare', 'session:execute', 'session:deallocate'],
    when: 'always',
    why: 'the statement exists on one server connection; no pooler tracks the SQL form',
    fix: 'send the statement with parameters and let the driver prepare it where that is safe',
  },
  POOLSAFE_LISTEN: {
    effects: ['session:listen'],
    when: 'always',
    why: 'notifications arrive on a server connection that nobody reads for you',
    fix: "listen('channel', …) of the pool or sql, with `poolsafe: { direct: url }`; NOTIFY is fine here",
  },
  POOLSAFE_ADVISORY_LOCK: {
    effects: ['session:advisory_lock'],
    when: 'always',
    why: 'the lock belongs to a server connection that other clients share',
    fix: "withAdvisoryLock('key', …) of the pool or sql, or pg_advisory_xact_lock() inside a transaction",
  },
  POOLSAFE_TEMP_TABLE: {
    effects: ['session:temp', 'session:temp_ref'],
    when: 'always',
    why: 'the object lives on one server connection, and shadows the real table for whoever gets it next',
    fix: 'CREATE TEMP TABLE … ON COMMIT DROP inside a transaction, or a CTE; pool.session(…) with `poolsafe: { direct: url }`',
  },
  POOLSAFE_HOLD_CURSOR: {
    effects: ['session:cursor_hold'],
    when: 'always',
    why: 'the cursor stays on a server connection you no longer hold',
    fix: "a cursor inside a transaction, or the driver's own stream",
  },
  POOLSAFE_LOAD: {
    effects: ['session:load'],
    when: 'always',
    why: 'the library is loaded into one server connection',
    fix: 'session_preload_libraries for the role or database',
  },
  POOLSAFE_DISCARD: {
    effects: ['session:discard'],
    when: 'always',
    why: 'it clears a server connection that other clients use',
    fix: 'leave it out: a transaction pooler gives you no session to discard',
  },
  POOLSAFE_SEQUENCE_STATE: {
    effects: ['session:seqval'],
    when: 'outside a transaction',
    why: 'the value belongs to a server connection that another client may have used since',
    fix: 'INSERT … RETURNING id, or both statements in one transaction',
  },
  POOLSAFE_SESSION_FUNCTION: {
    effects: ['session:seed', 'session:other_fn'],
    when: 'always',
    why: 'its effect stays on a server connection you no longer hold',
    fix: 'pool.session(…) with `poolsafe: { direct: url }`: a connection that does not go through the pooler',
  },
  POOLSAFE_LOCAL_OUTSIDE_TRANSACTION: {
    effects: [
      'tx:set_local',
      'tx:set_transaction',
      'tx:set_constraints',
      'tx:advisory_lock',
      'tx:temp_on_commit_drop',
    ],
    when: 'outside a transaction',
    why: 'a statement on its own is its own transaction, so the effect ends with the statement',
    fix: 'withSettings(…) for a setting; otherwise the same statement after BEGIN, in the transaction that needs it',
  },
  POOLSAFE_TRANSACTION_ON_POOL: {
    effects: ['tx:control'],
    when: 'on a pool',
    why: 'each query of a pool may run on another client, so this transaction has no statements',
    fix: 'check a client out (pool.connect()), or the transaction function of the ORM',
  },
  POOLSAFE_CANCEL: {
    effects: [],
    when: 'always',
    why: "the pid a client knows is the pooler's own, or that of a server connection somebody else has by now",
    fix: "the driver's cancel, which uses the protocol's CancelRequest; or look the pid up in pg_stat_activity in the same statement",
  },
  POOLSAFE_STATEMENT_NAME: {
    effects: [],
    when: 'never',
    why: 'the name belongs to one server connection, where another client may have given it to other SQL',
    fix: 'nothing: the name is dropped where the pooler cannot keep it, and the statement runs without',
  },
  POOLSAFE_STARTUP_PARAMETER: {
    effects: [],
    when: 'at the login',
    why: 'a pooler accepts only the startup parameters that it can restore on every server connection',
    fix: 'leave it out; a setting can be given to the role instead: ALTER ROLE … SET',
  },
};

/** The codes of all hazards, in the order in which they are told. */
export const hazardCodes: readonly HazardCode[] = Object.keys(refusals) as HazardCode[];

/** The page of a hazard, relative to the repository. */
export function hazardPage(code: HazardCode): string {
  return `docs/hazards/${code}.md`;
}

/** Whether `value` is the `code` of a hazard. */
export function isHazardCode(value: unknown): value is HazardCode {
  return typeof value === 'string' && Object.hasOwn(refusals, value);
}
