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

test('a signal ends the pause, with its reason', async () => {
  const aborter = new AbortController();
  const reason = new Error('enough');
  let attempts = 0;
  const attempt = async (): Promise<undefined> => {
    attempts += 1;
    setImmediate(() => aborter.abort(reason));
  };
  await expect(untilLocked(attempt, aborter.signal)).rejects.toBe(reason);
  await expect(untilLocked(attempt, aborter.signal)).rejects.toBe(reason);
  expect(attempts).toBe(1);
});

test('the key names the table', () => {
  expect(migrationLockKey('public.a')).not.toBe(migrationLockKey('public.b'));
});
