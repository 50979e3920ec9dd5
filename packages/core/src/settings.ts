import { AsyncLocalStorage } from 'node:async_hooks';
import { settingsError } from './errors.ts';

/**
 * Settings by name: any of PostgreSQL's own, such as `role` or `statement_timeout`, and any custom one, such as
 * `app.tenant_id`. A number is what PostgreSQL takes it for: milliseconds for its timeouts.
 */
export type Settings = Readonly<Record<string, string | number | boolean>>;

/** Settings in force, and the statement that sets them until the end of a transaction. */
export interface SettingsScope {
  /** As text, by name in lower case. */
  readonly values: ReadonlyMap<string, string>;
  /** Of those the ones of `withSettings`. */
  readonly asked: ReadonlyMap<string, string>;
  readonly sql: string;
  readonly parameters: readonly string[];
  /** Whether any of them matters to a statement outside of a transaction. */
  readonly mattersAlone: boolean;
}

const scopes = new AsyncLocalStorage<SettingsScope | undefined>();
/** Whether there ever was a scope. */
let isUsed = false;

/** A name that PostgreSQL takes for a setting: https://www.postgresql.org/docs/current/runtime-config-custom.html */
const settingName = /^[a-z_][\w$]*(?:\.[a-z_][\w$]*)*$/i;

/**
 * Runs `work` with settings in force for every statement and every transaction that is begun in it, whatever goes
 * through a guarded client or pool: they are set for that statement or transaction alone, in the same round trip, and
 * nothing of them stays on the server connection. A scope in a scope adds to it, and wins. What `work` returns is
 * awaited within the scope, since a query of an ORM runs when it is awaited.
 *
 * ```ts
 * import { withSettings } from '@poolsafe/pg'
 *
 * await withSettings({ role: 'app_user', 'app.tenant_id': tenant, statement_timeout: '2s' }, async () => {
 *   await pool.query('select * from notes')
 * })
 * ```
 *
 * @throws PoolsafeError with the code `POOLSAFE_SETTINGS` for a name that is none, or a value that is missing: nothing
 * runs. A setting that PostgreSQL refuses fails the statement, which does not run.
 */
export async function withSettings<T>(settings: Settings, work: () => T): Promise<Awaited<T>> {
  isUsed = true;
  const scope = scopeOf(scopes.getStore(), settings);
  return await scopes.run(scope, async () => await work());
}

/**
 * The settings in force where this is called: those of `withSettings`, and of `base` where they say nothing else.
 *
 * ```ts
 * const settings = currentSettings(plan.settings)
 * ```
 */
export function currentSettings(base?: SettingsScope): SettingsScope | undefined {
  const scope = isUsed ? scopes.getStore() : undefined;
  if (scope === undefined || base === undefined) return scope ?? base;
  const known = merged.get(base) ?? new WeakMap<SettingsScope, SettingsScope>();
  merged.set(base, known);
  const both = known.get(scope) ?? makeScope(new Map([...base.values, ...scope.values]), scope.values);
  known.set(scope, both);
  return both;
}

/** Scopes on top of what connections were given. */
const merged = new WeakMap<SettingsScope, WeakMap<SettingsScope, SettingsScope>>();

/** Lets a callback have the settings that are in force now, whoever calls it. */
export function inScope<F extends (...given: never[]) => unknown>(callback: F): F {
  if (!isUsed) return callback;
  const scope = scopes.getStore();
  return ((...given: never[]) => scopes.run(scope, callback, ...given)) as F;
}

/** Runs `work` with no settings in force: for what outlives the scope that it happens in, such as a connection of a pool. */
export function outOfScope<T>(work: () => T): T {
  return isUsed ? scopes.run(undefined, work) : work();
}

/** Whether what was asked for with `inner` is in force where `outer` is. */
export function isCovered(inner: SettingsScope | undefined, outer: SettingsScope | undefined): boolean {
  if (inner === undefined || inner === outer) return true;
  return [...inner.asked].every(([name, value]) => outer?.values.get(name) === value);
}

/** Whether PostgreSQL takes `name` for one of a setting. */
export function isSettingName(name: string): boolean {
  return settingName.test(name);
}

/**
 * The scope of settings that are known to have names and values, for everything that a connection runs.
 *
 * ```ts
 * settingsScope({ statement_timeout: '5000' })?.sql // 'select set_config($1, $2, true)'
 * ```
 */
export function settingsScope(settings: Readonly<Record<string, string>>): SettingsScope | undefined {
  const values = new Map(Object.entries(settings));
  return values.size === 0 ? undefined : makeScope(values, new Map());
}

function scopeOf(outer: SettingsScope | undefined, settings: unknown): SettingsScope {
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    throw settingsError(
      'withSettings takes an object of settings.',
      "withSettings({ 'app.tenant_id': id }, …)",
    );
  }
  const values = new Map(outer?.values);
  for (const [name, value] of Object.entries(settings)) {
    check(name, value);
    values.set(name.toLowerCase(), String(value));
  }
  return makeScope(values, values);
}

/** Settings about the time between two statements of a transaction. */
const betweenStatements: readonly string[] = ['idle_in_transaction_session_timeout'];

function makeScope(values: Map<string, string>, asked: ReadonlyMap<string, string>): SettingsScope {
  // The role last: it may not be allowed to set the others.
  const role = values.get('role');
  if (values.delete('role')) values.set('role', role as string);
  const calls = Array.from(values, (_, n) => `set_config($${2 * n + 1}, $${2 * n + 2}, true)`);
  return {
    values,
    asked,
    sql: `select ${calls.join(', ')}`,
    parameters: [...values].flat(),
    mattersAlone: [...values.keys()].some((name) => !betweenStatements.includes(name)),
  };
}

function check(name: string, value: unknown): void {
  if (!settingName.test(name)) {
    throw settingsError(
      `withSettings was given \`${name}\`, which is no name of a setting.`,
      'letters, digits, `_`, and a dot in the name of a custom one: `app.tenant_id`',
    );
  }
  if (typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return;
  throw settingsError(
    `withSettings was given ${value === undefined || value === null ? 'no value' : 'a value that is no text'} for \`${name}\`.`,
    'a string, a number or a boolean; without one nothing may run, since a policy would not know for whom',
  );
}
