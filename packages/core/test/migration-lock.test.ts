import { expect, test } from 'vitest';
import { migrationLockKey, untilLocked } from '../src/migration-lock.ts';

test('attempts until there is something', async () => {
  let attempts = 0;
  const done = await untilLocked(async () => {
    attempts += 1;
    return attempts === 3 ? { attempts } : undefined;
  });
  expect(done).toEqual({ attempts: 3 });
});

test('an error ends it', async () => {
  await expect(untilLocked(() => Promise.reject(new Error('no such table')))).rejects.toThrow(
    'no such table',
  );
});

test('the key names the table', () => {
  expect(migrationLockKey('public.a')).not.toBe(migrationLockKey('public.b'));
});
