import type { Effect } from '../src/effects.ts';
import { child, isOn, list, type Node, optionsOf } from './oracle-tree.ts';

type Rule = (statement: Node) => readonly Effect[];

const always =
  (...found: Effect[]): Rule =>
  () =>
    found;

const when = (condition: boolean): readonly Effect[] => (condition ? ['no_transaction'] : []);

const settings: Readonly<Record<string, Effect>> = {
  role: 'session:role',
  session_authorization: 'session:authorization',
  'SESSION CHARACTERISTICS': 'session:characteristics',
};

const transaction: Readonly<Record<string, readonly Effect[]>> = {
  TRANS_STMT_BEGIN: ['tx:control'],
  TRANS_STMT_START: ['tx:control'],
  TRANS_STMT_COMMIT: ['tx:control'],
  TRANS_STMT_ROLLBACK: ['tx:control'],
  TRANS_STMT_SAVEPOINT: ['tx:savepoint'],
  TRANS_STMT_RELEASE: ['tx:savepoint'],
  TRANS_STMT_ROLLBACK_TO: ['tx:savepoint'],
  TRANS_STMT_PREPARE: ['tx:two_phase'],
  TRANS_STMT_COMMIT_PREPARED: ['tx:two_phase', 'no_transaction'],
  TRANS_STMT_ROLLBACK_PREPARED: ['tx:two_phase', 'no_transaction'],
};

const holdable = 0x20;

/** What a statement does by its node's name, whatever stands in it. */
export const statementRules: Readonly<Record<string, Rule>> = {
  PrepareStmt: always('session:prepare'),
  ExecuteStmt: always('session:execute'),
  DeallocateStmt: always('session:deallocate'),
  ListenStmt: always('session:listen'),
  UnlistenStmt: always('session:listen'),
  LoadStmt: always('session:load'),
  DiscardStmt: ({ target }) => ['session:discard', ...when(target === 'DISCARD_ALL')],
  DeclareCursorStmt: ({ options }) => [Number(options) & holdable ? 'session:cursor_hold' : 'tx:cursor'],
  FetchStmt: always('tx:cursor'),
  ClosePortalStmt: always('tx:cursor'),
  CurrentOfExpr: always('tx:cursor'),
  ConstraintsSetStmt: always('tx:set_constraints'),
  LockStmt: always('tx:lock_table'),
  TransactionStmt: ({ kind }) => transaction[String(kind)] ?? [],
  DoStmt: always('opaque:do'),
  CallStmt: always('opaque:call'),
  CreatedbStmt: always('no_transaction'),
  DropdbStmt: always('no_transaction'),
  CreateTableSpaceStmt: always('no_transaction'),
  DropTableSpaceStmt: always('no_transaction'),
  DropSubscriptionStmt: always('no_transaction'),
  AlterSystemStmt: always('no_transaction'),
  VacuumStmt: ({ is_vacuumcmd }) => when(is_vacuumcmd === true),
  ClusterStmt: ({ relation }) => when(relation === undefined),
  IndexStmt: ({ concurrent }) => when(concurrent === true),
  DropStmt: ({ concurrent }) => when(concurrent === true),
  AlterTableCmd: ({ subtype, def }) =>
    when(subtype === 'AT_DetachPartition' && child({ def }, 'def', 'PartitionCmd').concurrent === true),
  AlterDatabaseStmt: ({ options }) => when(optionsOf(options).has('tablespace')),
  ReindexStmt: ({ kind, params }) =>
    when(/_(?:SCHEMA|SYSTEM|DATABASE)$/.test(String(kind)) || isOn(optionsOf(params).get('concurrently'))),
  CreateSubscriptionStmt: ({ options }) => {
    const given = optionsOf(options);
    return when(!['create_slot', 'connect'].some((name) => given.has(name) && !isOn(given.get(name))));
  },
};

/** SET and RESET as statements of their own; the node is also part of ALTER ROLE, CREATE FUNCTION and others. */
export function effectOfSet({ kind, name, is_local }: Node): Effect {
  const modes = kind === 'VAR_SET_MULTI';
  const setting = modes ? String(name) : String(name).toLowerCase();
  const ofTransaction = modes
    ? setting.startsWith('TRANSACTION')
    : /^transaction_(?:isolation|read_only|deferrable)$/.test(setting);
  if (ofTransaction) return 'tx:set_transaction';
  return is_local === true ? 'tx:set_local' : (settings[setting] ?? 'session:set');
}

/** Fields whose query or expressions are stored, or run by another statement: `Node.field`. */
const stored: ReadonlySet<string> = new Set(
  `ViewStmt.query PrepareStmt.query DeclareCursorStmt.query CreateStmt.tableElts CreateStmt.partspec
  CreateForeignTableStmt.base ColumnDef.constraints AlterTableCmd.Constraint IndexStmt.indexParams IndexStmt.whereClause
  RuleStmt.actions RuleStmt.whereClause CreateTrigStmt.whenClause CreatePolicyStmt.qual CreatePolicyStmt.with_check
  AlterPolicyStmt.qual AlterPolicyStmt.with_check CreateFunctionStmt.sql_body CreateFunctionStmt.parameters
  CreateDomainStmt.constraints AlterDomainStmt.def CreateStatsStmt.exprs CreatePublicationStmt.pubobjects
  AlterPublicationStmt.pubobjects`.split(/\s+/),
);

/** Whether function calls in a field of a node may or may not be run by this statement. */
export function isDeferred(type: string, field: string, node: Node): boolean {
  if (type === 'ExplainStmt') return !isOn(optionsOf(node.options).get('analyze'));
  if (type === 'CreateTableAsStmt') return child(node, 'into').skipData === true;
  if (type === 'AlterTableCmd' && field === 'def') {
    return node.subtype === 'AT_ColumnDefault' || list([node.def]).some((def) => 'Constraint' in def);
  }
  return stored.has(`${type}.${field}`);
}

/** Where the name of a new object stands: `Node.field`. */
export const created: ReadonlySet<string> = new Set(
  `CreateStmt.relation base.relation into.rel intoClause.rel ViewStmt.view CreateSeqStmt.sequence
  CompositeTypeStmt.typevar CreateFunctionStmt.funcname CreateEnumStmt.typeName CreateRangeStmt.typeName
  CreateDomainStmt.domainname DefineStmt.defnames CreateConversionStmt.conversion_name CreateStatsStmt.defnames`.split(
    /\s+/,
  ),
);
