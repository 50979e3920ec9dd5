import { CannotRun, type Note } from './examination.ts';
import { leftSql, roleSql } from './role-sql.ts';
import type { LimitFacts, RoleFacts, RoundTrip, ServerFacts } from './server-facts.ts';
import type { Session, TextRow } from './session.ts';

/** Which server and database answers, so that two URLs can be compared. */
export type Identity = Readonly<{
  started: string | null | undefined;
  databaseOid: string | null | undefined;
}>;

/** What the role may and the server allows. */
export async function examineRole(
  session: Session,
  note: Note,
): Promise<{
  readonly facts: Pick<ServerFacts, 'role' | 'limits' | 'settings'>;
  readonly identity: Identity;
}> {
  const [row] = await session.query(roleSql);
  if (row === undefined) throw new CannotRun('the role is not in pg_roles');
  const role = roleOf(row);
  const limits = limitsOf(row);
  judgeRole(role, note);
  judgeLimits(limits, note);
  return { facts: { role, limits, settings: settingsOf(row) }, identity: identityOf(row) };
}

function identityOf({ started, database_oid: databaseOid }: TextRow): Identity {
  return { started, databaseOid };
}

function roleOf(row: TextRow): RoleFacts {
  const limit = Number(row.role_limit);
  return {
    name: row.role ?? '',
    superuser: row.superuser === 'true',
    bypassRls: row.bypass === 'true',
    replication: row.replication === 'true',
    tablesWithRls: Number(row.rls),
    ownedTablesWithRls: Number(row.rls_owned),
    ...(limit >= 0 && { connectionLimit: limit }),
  };
}

function limitsOf(row: TextRow): LimitFacts {
  const limit = Number(row.database_limit);
  return {
    maxConnections: Number(row.max_connections),
    reserved: Number(row.reserved),
    inUse: Number(row.backends),
    idleInTransaction: Number(row.idle),
    ...(limit >= 0 && { databaseLimit: limit }),
  };
}

function settingsOf(row: TextRow): Record<string, string> {
  return {
    TimeZone: row.time_zone ?? '',
    statement_timeout: row.statement_timeout ?? '',
    lock_timeout: row.lock_timeout ?? '',
    idle_in_transaction_session_timeout: row.idle_timeout ?? '',
    default_transaction_read_only: row.read_only ?? '',
    'pg_is_in_recovery()': row.recovery ?? '',
  };
}

function judgeRole(role: RoleFacts, note: Note): void {
  const { name, superuser, bypassRls, tablesWithRls, ownedTablesWithRls } = role;
  if (tablesWithRls === 0) return;
  const has = [superuser && 'SUPERUSER', bypassRls && 'BYPASSRLS'].filter(Boolean).join(' and ');
  const evidence = `pg_roles: ${name} has ${has}; ${tablesWithRls} tables have row-level security`;
  if (has !== '') note('DOCTOR_BYPASSES_RLS', { evidence });
  else if (ownedTablesWithRls > 0) {
    const owned = `${name} owns ${ownedTablesWithRls} of ${tablesWithRls} tables with row-level security, without FORCE`;
    note('DOCTOR_BYPASSES_RLS', { evidence: owned });
  }
}

/** From here on a deployment that starts beside the old one may not get in. */
const NEARLY = 0.85;

function judgeLimits(limits: LimitFacts, note: Note): void {
  const { maxConnections, reserved, inUse, idleInTransaction } = limits;
  const free = maxConnections - reserved;
  if (inUse >= free * NEARLY) {
    const evidence = `pg_stat_activity: ${inUse} connections of ${maxConnections}, ${reserved} of them reserved`;
    note('DOCTOR_NEARLY_FULL', { evidence });
  }
  if (idleInTransaction > 0) {
    note('DOCTOR_IDLE_IN_TRANSACTION', { evidence: `pg_stat_activity: ${idleInTransaction} sessions` });
  }
}

/** What others have left on the server connection that answers. Names only: values may be secrets. */
export async function examineLeftovers(session: Session, own: readonly string[], note: Note): Promise<void> {
  const [row = {}] = await session.query(leftSql);
  const where = `server process ${row.pid}`;
  if (row.role) note('DOCTOR_ROLE_LEAKED', { evidence: `${where} acts as role ${row.role}` });
  const settings = row.settings?.split(', ').filter((name) => !own.includes(name.toLowerCase())) ?? [];
  const left = [
    settings.length > 0 && `settings ${settings.join(', ')}`,
    row.temporary && `${row.temporary} temporary tables or indexes`,
    row.channels && `LISTEN on ${row.channels} channels`,
    row.cursors && `${row.cursors} cursors WITH HOLD`,
    row.statements && `${row.statements} prepared statements`,
    row.locks && `${row.locks} advisory locks`,
  ].filter((text) => typeof text === 'string');
  if (left.length > 0) note('DOCTOR_LEFT_BEHIND', { evidence: `${where} has ${left.join('; ')}` });
}

const SAMPLES = 7;

/** The median of a few `select 1`. */
export async function examineRoundTrip(session: Session): Promise<RoundTrip> {
  const times: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const start = performance.now();
    await session.query('select 1');
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (index: number) => Math.round((times[index] ?? 0) * 100) / 100;
  return { median: at(SAMPLES >> 1), least: at(0), samples: SAMPLES };
}
