import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import type { HazardError } from '../src/errors.ts';
import { type Plan, planFor } from '../src/plan.ts';
import { type ConnectionErrorEvent, guard, type HazardEvent, reportConnectionError } from '../src/report.ts';
import { parseTarget } from '../src/target.ts';

const outside = { inTransaction: false };
const planWith = (onHazard: Plan['onHazard']) => planFor(parseTarget('postgres://db/shop'), { onHazard });

let clear: () => void = () => {};
afterEach(() => clear());

/** Collects what is published on a channel until the test ends. */
function published<T>(name: string): T[] {
  const events: T[] = [];
  const listener = (event: unknown) => events.push(event as T);
  subscribe(name, listener);
  clear = () => unsubscribe(name, listener);
  return events;
}

/** The warnings that `run` leads to, kept from the terminal. They arrive in order, so the last one is a marker. */
async function warningsOf(run: () => void): Promise<(Error & { code?: string })[]> {
  const warnings: Error[] = [];
  const listeners = process.listeners('warning');
  process.removeAllListeners('warning').on('warning', (warning) => warnings.push(warning));
  run();
  process.emitWarning('end of test', { type: 'PoolsafeTest' });
  while (warnings.at(-1)?.name !== 'PoolsafeTest') await once(process, 'warning');
  process.removeAllListeners('warning');
  for (const listener of listeners) process.on('warning', listener);
  return warnings.filter(({ name }) => name === 'PoolsafeWarning');
}

test('throw: returns the error and publishes it, each time', () => {
  const events = published<HazardEvent>('poolsafe:hazard');
  const plan = planWith('throw');
  const errors = [1, 2].map(() => guard(plan, 'listen news', outside) as HazardError);
  expect(errors.map(({ code }) => code)).toEqual(['POOLSAFE_LISTEN', 'POOLSAFE_LISTEN']);
  expect(events).toEqual(errors.map((error) => ({ error, action: 'throw' })));
});

test('warn: lets it through, publishes each time and warns once per text and plan', async () => {
  const events = published<HazardEvent>('poolsafe:hazard');
  const [plan, other] = [planWith('warn'), planWith('warn')];
  const warnings = await warningsOf(() => {
    for (const sql of ['listen news', 'listen news', 'listen other', 'listen news']) {
      expect(guard(plan, sql, outside)).toBeUndefined();
    }
    expect(guard(other, 'listen news', outside)).toBeUndefined();
  });
  expect(events.map(({ action, error }) => `${action} ${error.statement}`)).toEqual([
    'warn listen news',
    'warn listen news',
    'warn listen other',
    'warn listen news',
    'warn listen news',
  ]);
  expect(warnings.map(({ code }) => code)).toEqual(Array(3).fill('POOLSAFE_LISTEN'));
  expect(warnings.map(({ message }) => /statement: (.*)/.exec(message)?.[1])).toEqual([
    'listen news',
    'listen other',
    'listen news',
  ]);
});

test('warn: what it remembers is bounded', async () => {
  const plan = planWith('warn');
  const warnings = await warningsOf(() => {
    for (let i = 0; i <= 1000; i += 1) guard(plan, `listen c${i}`, outside);
    guard(plan, 'listen c1000', outside);
    guard(plan, 'listen c0', outside);
  });
  expect(warnings).toHaveLength(1002);
});

test.each(['select 1', 'set local role app'])('nothing is said about %s', (sql) => {
  const events = published<HazardEvent>('poolsafe:hazard');
  expect(guard(planWith('throw'), sql, outside)).toBeUndefined();
  expect(events).toEqual([]);
});

test('allow: nothing is refused and nothing is published', () => {
  const events = published<HazardEvent>('poolsafe:hazard');
  expect(guard(planWith('allow'), 'listen news', outside)).toBeUndefined();
  expect(events).toEqual([]);
});

test('a lost connection is published as it is', () => {
  const events = published<ConnectionErrorEvent>('poolsafe:connection-error');
  const error = new Error('Connection terminated unexpectedly');
  reportConnectionError(error);
  expect(events).toEqual([{ error }]);
  expect(events[0]?.error).toBe(error);
});
