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
  readonly sql: string;
  readonly parameters: readonly string[];
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

/** The settings in force where this is called. */
export function currentSettings(): SettingsScope | undefined {
  return scopes.getStore();
}

/** Lets a callback have the settings that are in force now, whoever calls it. */
export function inScope<F extends (...given: never[]) => unknown>(callback: F): F {
  if (!isUsed) return callback;
  const scope = scopes.getStore();
  return ((...given: never[]) => scopes.run(scope, callback, ...given)) as F;
}

/** Runs what belongs to no request with no settings in force, whoever caused it. */
export function outOfScope<T>(work: () => T): T {
  return isUsed ? scopes.run(undefined, work) : work();
}

/** Whether what `inner` sets is in force where `outer` is. */
export function isCovered(inner: SettingsScope | undefined, outer: SettingsScope | undefined): boolean {
  if (inner === undefined || inner === outer) return true;
  return outer !== undefined && [...inner.values].every(([name, value]) => outer.values.get(name) === value);
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
  // The role last: it may not be allowed to set the others.
  const role = values.get('role');
  if (values.delete('role')) values.set('role', role as string);
  const calls = Array.from(values, (_, n) => `set_config($${2 * n + 1}, $${2 * n + 2}, true)`);
  return { values, sql: `select ${calls.join(', ')}`, parameters: [...values].flat() };
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
