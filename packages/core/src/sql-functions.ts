import type { Effect } from './effects.ts';

/** The functions whose effect depends on an argument: which one, by position and by name. */
export interface Judged {
  readonly position: number;
  readonly argument: string;
  /** The number of arguments without which the call does not count. */
  readonly count?: number;
  readonly whenTrue?: Effect;
  readonly whenFalse?: Effect;
  readonly whenUnknown?: Effect;
}

const setConfig: Judged = {
  position: 2,
  argument: 'is_local',
  count: 3,
  whenTrue: 'tx:set_local',
  whenFalse: 'session:set_config',
  whenUnknown: 'session:set_config_dynamic',
};

const createSlot: Judged = { position: 2, argument: 'temporary', whenTrue: 'session:other_fn' };

const byEffect: readonly (readonly [Effect, string])[] = [
  [
    'session:advisory_lock',
    `pg_advisory_lock pg_advisory_lock_shared pg_try_advisory_lock pg_try_advisory_lock_shared
     pg_advisory_unlock pg_advisory_unlock_shared pg_advisory_unlock_all`,
  ],
  ['session:seqval', 'currval lastval'],
  ['session:seed', 'setseed'],
  [
    'session:other_fn',
    `pg_replication_origin_session_setup pg_replication_origin_session_reset
     pg_replication_origin_session_is_setup pg_replication_origin_session_progress
     pg_backup_start pg_backup_stop pg_start_backup pg_stop_backup
     dblink_connect dblink_connect_u dblink_disconnect dblink_get_connections`,
  ],
  [
    'tx:advisory_lock',
    `pg_advisory_xact_lock pg_advisory_xact_lock_shared
     pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared`,
  ],
  ['tx:snapshot', 'pg_export_snapshot'],
  [
    'tx:large_object',
    'lo_open loread lowrite lo_lseek lo_lseek64 lo_tell lo_tell64 lo_close lo_truncate lo_truncate64',
  ],
  ['hint:backend_local', 'pg_backend_pid pg_my_temp_schema pg_listening_channels'],
];

/** What a call of a function does, by the function's name. */
export const functionEffects: ReadonlyMap<string, Effect | Judged> = new Map<string, Effect | Judged>([
  ...byEffect.flatMap(([effect, names]) => names.split(/\s+/).map((name) => [name, effect] as const)),
  ['set_config', setConfig],
  ['pg_create_physical_replication_slot', createSlot],
  ['pg_create_logical_replication_slot', createSlot],
]);

/** Relations that describe whichever server connection is asked. */
export const backendLocalRelations: ReadonlySet<string> = new Set(['pg_prepared_statements', 'pg_cursors']);
