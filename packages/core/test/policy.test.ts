import { describe, expect, test } from 'vitest';
import { ConfigError } from '../src/errors.ts';
import { type Plan, planFor } from '../src/plan.ts';
import { parseTarget } from '../src/target.ts';
import { errorOf } from './error-of.ts';

const target = parseTarget('postgres://app:s3cret@db/shop');
const outside = { inTransaction: false };
const both = 'set a.b = 1; listen news';

describe('withPolicy', () => {
  const base = planFor(target, { allow: ['POOLSAFE_LISTEN'], onHazard: 'warn' });
  const policies: readonly (readonly [Parameters<Plan['withPolicy']>[0], Partial<Plan>])[] = [
    [{}, { onHazard: 'warn', allow: ['POOLSAFE_LISTEN'] }],
    [
      { onHazard: undefined, allow: undefined },
      { onHazard: 'warn', allow: ['POOLSAFE_LISTEN'] },
    ],
    [{ onHazard: 'throw' }, { onHazard: 'throw', allow: ['POOLSAFE_LISTEN'] }],
    [{ allow: [] }, { onHazard: 'warn', allow: [] }],
    [
      { onHazard: 'allow', allow: ['POOLSAFE_LOAD'] },
      { onHazard: 'allow', allow: ['POOLSAFE_LOAD'] },
    ],
  ];

  test.each(policies)('%j replaces what it names', (policy, expected) => {
    const plan = base.withPolicy(policy);
    expect(plan).toMatchObject(expected);
    expect(plan).toMatchObject({ pooler: base.pooler, recognisedBy: 'nothing', keepsNames: false });
    expect([plan, plan.allow].every(Object.isFrozen)).toBe(true);
    expect(base).toMatchObject({ onHazard: 'warn', allow: ['POOLSAFE_LISTEN'] });
  });

  test('decides what is refused, not what is found', () => {
    const plan = planFor(target);
    expect(plan.check(both, outside)?.code).toBe('POOLSAFE_SESSION_SET');
    expect(plan.withPolicy({ allow: ['POOLSAFE_SESSION_SET'] }).check(both, outside)?.code).toBe(
      'POOLSAFE_LISTEN',
    );
    expect(plan.withPolicy({ onHazard: 'allow' }).check(both, outside)).toBeUndefined();
    const twice = plan.withPolicy({ onHazard: 'allow' }).withPolicy({ onHazard: 'throw' });
    expect(twice.check(both, outside)?.code).toBe('POOLSAFE_SESSION_SET');
    for (const one of [plan, twice, plan.withPolicy({ onHazard: 'allow' })]) {
      expect(one.hazards(both, outside)).toEqual(['POOLSAFE_SESSION_SET', 'POOLSAFE_LISTEN']);
    }
  });

  test('on a direct connection there is nothing to decide', () => {
    const plan = planFor(target, { pooler: 'direct' }).withPolicy({ onHazard: 'throw' });
    expect(plan.check(both, outside)).toBeUndefined();
  });

  const wrong: readonly (readonly [policy: unknown, got: string, takes: string])[] = [
    [undefined, '`poolsafe` must be an object', "poolsafe: { allow: ['POOLSAFE_SESSION_SET'] }"],
    [null, '`poolsafe` must be an object', "poolsafe: { allow: ['POOLSAFE_SESSION_SET'] }"],
    [['POOLSAFE_LISTEN'], '`poolsafe` must be an object', "allow: ['POOLSAFE_SESSION_SET']"],
    [{ pooler: 'direct' }, '`poolsafe` does not take the option "pooler"', 'one of onHazard, allow\n'],
    [{ onHazard: 'log' }, '`poolsafe.onHazard` does not take the value "log"', 'one of throw, warn, allow'],
    [{ allow: 'POOLSAFE_LISTEN' }, '`poolsafe.allow` must be a list', "allow: ['POOLSAFE_SESSION_SET']"],
    [{ allow: ['s3cret!'] }, '`poolsafe.allow` does not take the value', 'one of POOLSAFE_SESSION_SET, '],
  ];

  test.each(wrong)('%j is refused', (policy, got, takes) => {
    const error = errorOf(() => planFor(target).withPolicy(policy as never));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ code: 'POOLSAFE_CONFIG', docs: 'docs/options.md' });
    expect(error.message).toContain(got);
    expect(error.message).toContain(takes);
    expect(error.message).not.toContain('s3cret');
  });
});
