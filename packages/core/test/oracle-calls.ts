import type { Effect } from '../src/effects.ts';
import { child, list, type Node, nameParts } from './oracle-tree.ts';

const byName: readonly (readonly [RegExp, Effect])[] = [
  [/^pg_(?:try_)?advisory_lock(?:_shared)?$/, 'session:advisory_lock'],
  [/^pg_advisory_unlock(?:_shared|_all)?$/, 'session:advisory_lock'],
  [/^(?:curr|last)val$/, 'session:seqval'],
  [/^setseed$/, 'session:seed'],
  [/^pg_replication_origin_session_(?:setup|reset|is_setup|progress)$/, 'session:other_fn'],
  [/^pg_(?:backup_(?:start|stop)|(?:start|stop)_backup)$/, 'session:other_fn'],
  [/^dblink_(?:connect|connect_u|disconnect|get_connections)$/, 'session:other_fn'],
  [/^pg_(?:try_)?advisory_xact_lock(?:_shared)?$/, 'tx:advisory_lock'],
  [/^pg_export_snapshot$/, 'tx:snapshot'],
  [/^lo_(?:open|close|(?:lseek|tell|truncate)(?:64)?)$|^lo(?:read|write)$/, 'tx:large_object'],
  [/^pg_(?:backend_pid|my_temp_schema|listening_channels)$/, 'hint:backend_local'],
];

/** What a FuncCall does. */
export function effectOfCall({ funcname, args }: Node): Effect | undefined {
  const parts = nameParts(funcname) ?? [];
  const name = parts.at(-1) ?? '';
  const schema = parts.at(-2) ?? 'pg_catalog';
  if (schema !== 'pg_catalog' && !name.startsWith('dblink_')) return undefined;
  if (name === 'set_config') return list(args).length === 3 ? effectOfSetConfig(list(args)) : undefined;
  if (/^pg_create_(?:physical|logical)_replication_slot$/.test(name)) {
    const temporary = truth(argument(list(args), 2, 'temporary'));
    return temporary === true ? 'session:other_fn' : undefined;
  }
  return byName.find(([pattern]) => pattern.test(name))?.[1];
}

/** What `(value).name` does: a function's name that starts with `pg_` is no column of anybody's type. */
export function effectOfAttribute({ indirection }: Node): Effect | undefined {
  const name = child(list(indirection)[0] ?? {}, 'String').sval;
  const isOurs = typeof name === 'string' && name.startsWith('pg_');
  return isOurs ? byName.find(([pattern]) => pattern.test(name))?.[1] : undefined;
}

function effectOfSetConfig(args: readonly Node[]): Effect {
  const isLocal = truth(argument(args, 2, 'is_local'));
  if (isLocal === undefined) return 'session:set_config_dynamic';
  return isLocal === true ? 'tx:set_local' : 'session:set_config';
}

function argument(args: readonly Node[], position: number, name: string): Node {
  const named = args.find((arg) => child(arg, 'NamedArgExpr').name === name);
  if (named !== undefined) return child(named, 'NamedArgExpr', 'arg');
  const byPosition = args[position] ?? {};
  return 'NamedArgExpr' in byPosition ? {} : byPosition;
}

/** The truth of a constant; `undefined` is an expression that has to be run to know. */
function truth(expression: Node): boolean | null | undefined {
  if ('TypeCast' in expression) return truth(child(expression, 'TypeCast', 'arg'));
  if ('BoolExpr' in expression) {
    const { boolop, args } = child(expression, 'BoolExpr');
    const inner = boolop === 'NOT_EXPR' ? truth(list(args)[0] ?? {}) : undefined;
    return typeof inner === 'boolean' ? !inner : inner;
  }
  if (!('A_Const' in expression)) return undefined;
  const constant = child(expression, 'A_Const');
  if (constant.isnull === true) return null;
  if ('boolval' in constant) return child(constant, 'boolval').boolval === true;
  if ('ival' in constant) return (child(constant, 'ival').ival ?? 0) !== 0;
  const text = child(constant, 'sval').sval;
  return typeof text === 'string' ? truthOfText(text) : undefined;
}

/** As `parse_bool` in PostgreSQL: any beginning of a word that can only be one of them. */
function truthOfText(text: string): boolean | undefined {
  const word = text.trim();
  if (/^(?:t(?:r(?:ue?)?)?|y(?:es?)?|on|1)$/i.test(word)) return true;
  if (/^(?:f(?:a(?:l(?:se?)?)?)?|no?|off?|0)$/i.test(word)) return false;
  return undefined;
}
