import { ConfigError, configError, HazardError, PoolsafeError } from './errors.ts';
import { examine } from './examine.ts';
import { checkOptions, checkPolicy, type Policy, type PoolsafeOptions } from './options.ts';
import { type Pooler, poolers } from './poolers.ts';
import { recognise } from './recognise.ts';
import { type HazardCode, hazardPage, refusals } from './refusals.ts';
import { type SettingsScope, settingsScope } from './settings.ts';
import { tokenize } from './sql-lexer.ts';
import { divideStartup, type Startup } from './startup.ts';
import type { StatementCacheOptions } from './statements.ts';
import type { Target } from './target.ts';

/** What a driver knows about the connection that a statement is about to use. */
export interface StatementContext {
  /** Whether the server said that a transaction is open. `false` when that is not certain. */
  readonly inTransaction: boolean;
  /** Whether it is sent through a pool, where the next statement may run on another client. */
  readonly onPool?: boolean;
}

/** What was decided for a connection. Frozen; made by {@link planFor}. */
export interface Plan {
  readonly pooler: Pooler;
  /** Whether the pooler was named in the options, recognised by its host name and port, or neither. */
  readonly recognisedBy: 'option' | 'host' | 'nothing';
  /** Whether a name that the application gives to a statement is kept. */
  readonly keepsNames: boolean;
  /**
   * Whether texts that repeat get names: never, on connections that a probe has found to keep them, or on all,
   * since the options say that they are kept.
   */
  readonly naming: 'never' | 'probed' | 'always';
  readonly statementCache: Required<{ readonly [Key in keyof StatementCacheOptions]: number }>;
  /** Whether BEGIN waits for the first statement of its transaction. */
  readonly defersBegin: boolean;
  /**
   * Startup parameters that the pooler refuses, which each statement and transaction sets instead. To be given to
   * {@link currentSettings}.
   */
  readonly settings: SettingsScope | undefined;
  /** Of the startup parameters besides user and database those that the login may carry. */
  startup(parameters: Readonly<Record<string, string>>): Readonly<Record<string, string>>;
  /** Whether `poolsafe.direct` leads to PostgreSQL itself, for what needs a session. */
  readonly hasDirect: boolean;
  readonly onHazard: 'throw' | 'warn' | 'allow';
  readonly allow: readonly HazardCode[];
  /** Everything about `sql` that is not safe here, allowed or not. Empty for what is. */
  hazards(sql: string, context: StatementContext): readonly HazardCode[];
  /** What is not safe about `sql` and not allowed, as the error to fail with. The caller applies {@link Plan.onHazard}. */
  check(sql: string, context: StatementContext): HazardError | undefined;
  /** The same plan with another policy, for one statement. Throws a ConfigError when the policy is wrong. */
  withPolicy(policy: Policy): Plan;
}

/**
 * Decides how to treat a connection to `target`. Pure: no input or output, the same answer for the same
 * arguments.
 *
 * ```ts
 * const plan = planFor(parseTarget('postgres://db.example.com:6432/shop'))
 * plan.pooler.name // 'pgbouncer'
 * plan.check("set work_mem to '64MB'", { inTransaction: false })?.code // 'POOLSAFE_SESSION_SET'
 * ```
 *
 * @throws ConfigError when the options are wrong or contradict each other, or when the login carries a startup
 * parameter that the pooler refuses
 */
export function planFor(target: Target, given?: PoolsafeOptions): Plan {
  const options = checkOptions(given);
  const { pooler, recognisedBy } = decidePooler(target, options);
  const { statements = 'auto' } = options;
  if (statements === 'always' && recognisedBy === 'option' && pooler.statements.value === 'lost') {
    throw configError(
      `\`statements: 'always'\` contradicts \`pooler: '${pooler.name}'\`: ${pooler.title} loses named statements.`,
      "leave `statements` out, or name the pooler's version",
    );
  }
  const keepsNames = statements === 'always';
  const naming = decideNaming(pooler, recognisedBy, statements);
  const { size = 200, threshold = 2, maxAge = 60_000 } = options.statementCache ?? {};
  const statementCache = Object.freeze({ size, threshold, maxAge });
  const { deferBegin: defersBegin = true } = options;
  const startup = startupBehind(pooler, options);
  const { settings: moved, refused } = startup(target.parameters);
  if (refused.length > 0) throw startupError(pooler, refused);
  const decided = {
    ...{ pooler, recognisedBy, keepsNames, naming, statementCache, defersBegin },
    hasDirect: options.direct !== undefined,
    settings: settingsScope(moved),
    startup: (parameters: Target['parameters']) => startup(parameters).sent,
  };
  return makePlan(decided, hazardsBehind(pooler), options);
}

type Decided = Omit<Plan, 'onHazard' | 'allow' | 'hazards' | 'check' | 'withPolicy'>;

/** What was only read about a pooler does not count against what a connection finds by itself. */
function decideNaming(
  { statements: { value, verified }, session }: Pooler,
  recognisedBy: Plan['recognisedBy'],
  statements: 'auto' | 'never' | 'always',
): Plan['naming'] {
  if (statements !== 'auto') return statements;
  if (value === 'pinned') return 'never';
  if (recognisedBy !== 'option') return 'probed';
  if (session.value === 'kept') return 'always';
  return value === 'lost' && verified !== false ? 'never' : 'probed';
}

function makePlan(decided: Decided, find: Plan['hazards'], policy: Policy): Plan {
  const { onHazard = 'throw' } = policy;
  const allow = Object.freeze([...(policy.allow ?? [])]);
  return Object.freeze({
    ...decided,
    onHazard,
    allow,
    hazards: find,
    check(sql: string, context: StatementContext) {
      const code =
        onHazard === 'allow' ? undefined : find(sql, context).find((found) => !allow.includes(found));
      return code && hazardError(code, sql, decided.pooler);
    },
    withPolicy(other: Policy) {
      const checked = checkPolicy(other);
      return makePlan(decided, find, {
        onHazard: checked.onHazard ?? onHazard,
        allow: checked.allow ?? allow,
      });
    },
  });
}

/**
 * The plan for one statement, which may carry a policy of its own. A policy that is wrong fails the statement
 * rather than the call, so its error is returned.
 *
 * ```ts
 * const plan = policyOf(pool.poolsafe, { allow: ['POOLSAFE_LISTEN'] })
 * if (plan instanceof Error) reject(plan)
 * ```
 */
export function policyOf(plan: Plan, policy: unknown): Plan | ConfigError {
  if (policy === undefined) return plan;
  try {
    return plan.withPolicy(policy as Policy);
  } catch (error) {
    if (PoolsafeError.is(error)) return error as ConfigError;
    throw error;
  }
}

const none: readonly HazardCode[] = Object.freeze([]);

function hazardsBehind(pooler: Pooler): Plan['hazards'] {
  if (pooler.session.value !== 'lost') return () => none;
  return (sql, { inTransaction, onPool = false }) => {
    const { always, outside, onPool: onlyOnPool } = examine(sql);
    const covered = inTransaction || outside.length === 0;
    if (covered && (!onPool || onlyOnPool.length === 0)) return always;
    return [...always, ...(covered ? none : outside), ...(onPool ? onlyOnPool : none)];
  };
}

function decidePooler(target: Target, options: PoolsafeOptions): Pick<Plan, 'pooler' | 'recognisedBy'> {
  const { pooler = 'auto' } = options;
  if (pooler !== 'auto') {
    return { pooler: typeof pooler === 'string' ? poolers[pooler] : pooler, recognisedBy: 'option' };
  }
  const name = recognise(target);
  return { pooler: poolers[name], recognisedBy: name === 'unknown' ? 'nothing' : 'host' };
}

/** The error to refuse a statement with. */
export function hazardError(code: HazardCode, sql: string, pooler: Pooler): HazardError {
  const statement = withoutLiterals(sql);
  const message = refusal(code, pooler, `behind ${pooler.title}`, `statement: ${statement}`);
  return new HazardError(message, { code, docs: hazardPage(code), statement });
}

/** What every refusal says: its code, why, where, what, the fix and the page. */
function refusal(code: HazardCode, pooler: Pooler, where: string, what: string): string {
  const { why, fix } = refusals[code];
  const direct = pooler.name === 'unknown' ? ". Without a pooler: `poolsafe: { pooler: 'direct' }`" : '';
  return (
    `${code}  ${why} (${where}).\n  ${what}\n` +
    `  fix: ${fix}, or \`poolsafe: { allow: ['${code}'] }\`${direct}\n  read more: ${hazardPage(code)}`
  );
}

/** The start of the statement on one line. A literal or comment may hold a password or a token, so none is shown. */
function withoutLiterals(sql: string): string {
  const { values, starts, ends } = tokenize(sql.slice(0, 1000));
  const shown = values.map((value, i) => {
    const gap = i > 0 && starts[i] !== ends[i - 1] ? ' ' : '';
    return gap + (value === "'" ? "'…'" : sql.slice(starts[i], ends[i]));
  });
  const line = shown.join('').replace(/\s+/g, ' ');
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

/** Where the hazard is let through, the login carries them all. */
function startupBehind(pooler: Pooler, { onHazard = 'throw', allow = [] }: Policy) {
  const code = 'POOLSAFE_STARTUP_PARAMETER';
  const letsThrough = onHazard !== 'throw' || allow.includes(code);
  return (parameters: Target['parameters']): Startup =>
    letsThrough ? { sent: parameters, settings: {}, refused: [] } : divideStartup(pooler, parameters);
}

/** The error to refuse startup parameters with, as `name` or `options: name`. */
export function startupError(pooler: Pooler, refused: readonly string[]): ConfigError {
  const code = 'POOLSAFE_STARTUP_PARAMETER';
  const message = refusal(code, pooler, pooler.title, `startup parameter: ${refused.join(', ')}`);
  return new ConfigError(message, { code, docs: hazardPage(code) });
}
