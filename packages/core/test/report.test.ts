import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import type { HazardError } from '../src/errors.ts';
import {
  type ConnectionErrorEvent,
  type ListenGapEvent,
  reportConnectionError,
  reportListenGap,
} from '../src/lost-connection.ts';
import { type Plan, planFor } from '../src/plan.ts';
import { guard, type HazardEvent } from '../src/report.ts';
import { parseTarget } from '../src/target.ts';

const outside = { inTransaction: false };
const inside = { inTransaction: true };
const said = (events: readonly HazardEvent[]) => events.map(({ action, error }) => `${action} ${error.code}`);
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

test('warn: once per text and hazard, whatever policy a query adds', async () => {
  const plan = planWith('warn');
  const both = 'set a.b = 1; listen news';
  const warnings = await warningsOf(() => {
    for (let i = 0; i < 2; i += 1) {
      guard(plan, both, outside);
      guard(plan.withPolicy({}), both, outside);
      guard(planWith('throw'), 'select 1', outside);
      guard(plan.withPolicy({ allow: ['POOLSAFE_SESSION_SET'] }), both, outside);
      guard(plan.withPolicy({ onHazard: 'allow' }), 'listen other', outside);
    }
  });
  expect(warnings.map(({ code }) => code)).toEqual(['POOLSAFE_SESSION_SET', 'POOLSAFE_LISTEN']);
});

test('a policy of a query refuses where the pool would warn', async () => {
  const events = published<HazardEvent>('poolsafe:hazard');
  const plan = planWith('warn').withPolicy({ onHazard: 'throw' });
  const warnings = await warningsOf(() => {
    expect(guard(plan, 'listen news', outside)?.code).toBe('POOLSAFE_LISTEN');
  });
  expect(warnings).toEqual([]);
  expect(events.map(({ action }) => action)).toEqual(['throw']);
});

test('nothing is said about a safe statement', () => {
  const events = published<HazardEvent>('poolsafe:hazard');
  expect(guard(planWith('throw'), 'select 1', outside)).toBeUndefined();
  expect(guard(planWith('throw'), 'set local role app', inside)).toBeUndefined();
  expect(guard(planWith('throw'), 'begin', outside)).toBeUndefined();
  expect(events).toEqual([]);
});

test('allow: what is let through is published each time, without a warning', async () => {
  const events = published<HazardEvent>('poolsafe:hazard');
  const target = parseTarget('postgres://db/shop');
  const warnings = await warningsOf(() => {
    for (const onHazard of ['throw', 'warn'] as const) {
      const plan = planFor(target, { onHazard, allow: ['POOLSAFE_LISTEN'] });
      expect(guard(plan, 'listen news', outside)).toBeUndefined();
    }
    for (let i = 0; i < 2; i += 1) expect(guard(planWith('allow'), 'listen news', outside)).toBeUndefined();
  });
  expect(warnings).toEqual([]);
  expect(said(events)).toEqual(Array(4).fill('allow POOLSAFE_LISTEN'));
});

test('of several hazards, it is about the first that is not allowed', async () => {
  const events = published<HazardEvent>('poolsafe:hazard');
  const allow = ['POOLSAFE_SESSION_SET'] as const;
  await warningsOf(() => {
    for (const onHazard of ['throw', 'warn', 'allow'] as const) {
      guard(
        planFor(parseTarget('postgres://db/shop'), { onHazard, allow }),
        'set a.b = 1; listen news',
        outside,
      );
    }
  });
  expect(said(events)).toEqual([
    'throw POOLSAFE_LISTEN',
    'warn POOLSAFE_LISTEN',
    'allow POOLSAFE_SESSION_SET',
  ]);
});

describe('through a pool, which leaves to its client what the client says as well', () => {
  const onPool = { ...outside, onPool: true };
  const told: readonly (readonly [
    onHazard: Plan['onHazard'],
    sql: string,
    pool: readonly string[],
    client: readonly string[],
  ])[] = [
    ['throw', 'listen news', ['throw POOLSAFE_LISTEN'], []],
    ['throw', 'begin', ['throw POOLSAFE_TRANSACTION_ON_POOL'], []],
    ['warn', 'listen news', [], ['warn POOLSAFE_LISTEN']],
    ['warn', 'begin', ['warn POOLSAFE_TRANSACTION_ON_POOL'], []],
    ['warn', 'begin; set a.b = 1', ['warn POOLSAFE_TRANSACTION_ON_POOL'], ['warn POOLSAFE_SESSION_SET']],
    ['warn', 'set local a.b = 1', [], ['warn POOLSAFE_LOCAL_OUTSIDE_TRANSACTION']],
    ['allow', 'listen news', [], ['allow POOLSAFE_LISTEN']],
    ['allow', 'commit', ['allow POOLSAFE_TRANSACTION_ON_POOL'], []],
  ];

  test.each(told)('%s %s', async (onHazard, sql, pool, client) => {
    const events = published<HazardEvent>('poolsafe:hazard');
    const plan = planWith(onHazard);
    const warnings = await warningsOf(() => {
      const refused = guard(plan, sql, onPool);
      expect(said(events)).toEqual(pool);
      if (refused === undefined) guard(plan, sql, outside);
      expect(said(events)).toEqual([...pool, ...client]);
    });
    expect(warnings).toHaveLength(onHazard === 'warn' ? events.length : 0);
  });

  test('what the pool allows', () => {
    const events = published<HazardEvent>('poolsafe:hazard');
    const allow = ['POOLSAFE_TRANSACTION_ON_POOL', 'POOLSAFE_SESSION_SET'] as const;
    const plan = planFor(parseTarget('postgres://db/shop'), { allow });
    for (const context of [onPool, outside])
      expect(guard(plan, 'begin; set a.b = 1', context)).toBeUndefined();
    expect(said(events)).toEqual(['allow POOLSAFE_TRANSACTION_ON_POOL', 'allow POOLSAFE_SESSION_SET']);
  });
});

test('a lost connection is published as it is', () => {
  const events = published<ConnectionErrorEvent>('poolsafe:connection-error');
  const error = new Error('Connection terminated unexpectedly');
  reportConnectionError(error);
  expect(events).toEqual([{ error }]);
  expect(events[0]?.error).toBe(error);
});

test('a gap in what is listened to is published', () => {
  const events = published<ListenGapEvent>('poolsafe:listen-gap');
  const gap = { channels: ['news'], since: new Date(0), until: new Date(1), error: new Error('lost') };
  reportListenGap(gap);
  expect(events).toEqual([gap]);
});
