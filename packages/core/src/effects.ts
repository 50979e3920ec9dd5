/**
 * Everything {@link classify} can say about an SQL text, in the order in which it says it.
 *
 * - `session:*` survives on, leaks into or depends on one server connection
 * - `tx:*` is right only inside an explicit transaction
 * - `opaque:*` runs code that the text does not show
 * - `hint:*` gives an answer about whichever server connection ran it
 * - `no_transaction` cannot run inside a transaction block
 */
export const effects = [
  'session:set',
  'session:role',
  'session:authorization',
  'session:characteristics',
  'session:set_config',
  'session:set_config_dynamic',
  'session:prepare',
  'session:execute',
  'session:deallocate',
  'session:listen',
  'session:advisory_lock',
  'session:temp',
  'session:temp_ref',
  'session:cursor_hold',
  'session:load',
  'session:discard',
  'session:seqval',
  'session:seed',
  'session:other_fn',
  'tx:set_local',
  'tx:set_transaction',
  'tx:set_constraints',
  'tx:advisory_lock',
  'tx:cursor',
  'tx:savepoint',
  'tx:lock_table',
  'tx:temp_on_commit_drop',
  'tx:snapshot',
  'tx:large_object',
  'tx:control',
  'tx:two_phase',
  'opaque:do',
  'opaque:call',
  'hint:backend_local',
  'no_transaction',
] as const;

/** One label of {@link effects}. */
export type Effect = (typeof effects)[number];
