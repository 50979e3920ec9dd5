import { currentSettings, type SettingsScope, settingsError } from '@poolsafe/core';
import type { Adapter, Transaction } from './adapter.ts';
import { isLetThrough } from './settings-extension.ts';

/**
 * Lets `adapter` refuse what is sent with settings in force and did not come through the extension with them: Prisma
 * may have put it together with queries of others.
 */
export function withSettingsChecked(adapter: Adapter): Adapter {
  const start = adapter.startTransaction.bind(adapter);
  adapter.startTransaction = async (isolationLevel) => {
    const scope = currentSettings();
    if (scope !== undefined) checkTimeZone(scope);
    // In the context of whoever begins it (6.19.0 and 7.10.0). It is no operation, so that the extension does not see
    // it; its BEGIN waits for a statement, which is checked.
    return checked(await start(isolationLevel), ['queryRaw', 'executeRaw']);
  };
  return checked(adapter, ['queryRaw', 'executeRaw', 'executeScript']);
}

function checked<T extends Adapter | Transaction>(queryable: T, names: readonly (keyof T & string)[]): T {
  for (const name of names) {
    const original = (queryable[name] as (...given: unknown[]) => Promise<unknown>).bind(queryable);
    const checkedFirst = async (...given: unknown[]) => {
      checkScope(currentSettings());
      return await original(...given);
    };
    Object.assign(queryable, { [name]: checkedFirst });
  }
  return queryable;
}

function checkScope(scope: SettingsScope | undefined): void {
  if (scope === undefined) return;
  checkTimeZone(scope);
  if (isLetThrough(scope)) return;
  throw settingsError(
    'Prisma sends queries of several requests together, and this one did not come through the extension that keeps them apart, or with other settings than are in force.',
    'new PrismaClient({ adapter }).$extends(settingsExtension), and no other client inside of withSettings',
  );
}

function checkTimeZone({ values }: SettingsScope): void {
  if (/^utc$/i.test(values.get('timezone') ?? 'UTC')) return;
  throw settingsError(
    'Prisma takes every time that it reads or writes for UTC, and would store and read other times with `timezone` in force.',
    "leave `timezone` out, or `at time zone '…'` in the SQL",
  );
}
