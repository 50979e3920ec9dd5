import { describe, expect, test } from 'vitest';
import { ConfigError, HazardError, PoolsafeError } from '../src/errors.ts';
import type { PoolsafeOptions } from '../src/options.ts';
import { type Plan, planFor } from '../src/plan.ts';
import { type Pooler, type PoolerName, poolers } from '../src/poolers.ts';
import type { HazardCode } from '../src/refusals.ts';
import { parseTarget } from '../src/target.ts';
import { errorOf } from './error-of.ts';

const unknown = parseTarget('postgres://app:s3cret@db/shop');
const outside = { inTransaction: false };
const inside = { inTransaction: true };
const set = "set work_mem to '64MB'";

describe('the pooler', () => {
  const custom: Pooler = { ...poolers.pgbouncer, title: 'our PgBouncer fork' };
  const decided = [
    ['postgres://db/shop', undefined, 'unknown', 'nothing'],
    ['postgres://db/shop', 'auto', 'unknown', 'nothing'],
    ['postgres://db:6432/shop', undefined, 'pgbouncer', 'host'],
    ['postgres://db:6432/shop', 'direct', 'direct', 'option'],
    ['postgres://ep-a.neon.tech/shop', 'pgbouncer-1.26', 'pgbouncer-1.26', 'option'],
    ['postgres://db/shop', custom, 'pgbouncer', 'option'],
  ] as const;

  test.each(decided)('%s with pooler %j', (url, pooler, name, recognisedBy) => {
    expect(planFor(parseTarget(url), { pooler })).toMatchObject({ pooler: { name }, recognisedBy });
  });

  test('a row of your own is used as it is', () => {
    const plan = planFor(unknown, { pooler: custom });
    expect(plan.pooler).toBe(custom);
    expect(plan.check(set, outside)?.message).toContain('(behind our PgBouncer fork)');
  });
});

describe('what is refused', () => {
  const hazards: readonly (readonly [
    sql: string,
    outside: HazardCode | undefined,
    inside: HazardCode | undefined,
  ])[] = [
    ['select 1', undefined, undefined],
    ["set local work_mem to '64MB'", 'POOLSAFE_LOCAL_OUTSIDE_TRANSACTION', undefined],
    ['select pg_advisory_xact_lock(1)', 'POOLSAFE_LOCAL_OUTSIDE_TRANSACTION', undefined],
    ['begin', undefined, undefined],
    ['select pg_terminate_backend($1)', 'POOLSAFE_CANCEL', 'POOLSAFE_CANCEL'],
    [set, 'POOLSAFE_SESSION_SET', 'POOLSAFE_SESSION_SET'],
    ['listen news', 'POOLSAFE_LISTEN', 'POOLSAFE_LISTEN'],
    ['select lastval()', 'POOLSAFE_SEQUENCE_STATE', undefined],
    ["select currval('s')", 'POOLSAFE_SEQUENCE_STATE', undefined],
    ['select lastval(), pg_advisory_lock(1)', 'POOLSAFE_ADVISORY_LOCK', 'POOLSAFE_ADVISORY_LOCK'],
    ['select lastval(); discard all', 'POOLSAFE_DISCARD', 'POOLSAFE_DISCARD'],
  ];
  const strict: PoolerName[] = ['unknown', 'pgbouncer', 'pgbouncer-1.26', 'supavisor', 'neon', 'pgdog'];
  const lenient: PoolerName[] = ['direct', 'session', 'rds-proxy'];

  test.each(hazards)('%s', (sql, codeOutside, codeInside) => {
    for (const pooler of strict) {
      const plan = planFor(unknown, { pooler });
      expect(plan.check(sql, outside)?.code).toBe(codeOutside);
      expect(plan.check(sql, inside)?.code).toBe(codeInside);
    }
    for (const pooler of lenient) expect(planFor(unknown, { pooler }).check(sql, outside)).toBeUndefined();
  });

  test('on a pool, also what needs one client for more than one statement', () => {
    const plan = planFor(unknown, { pooler: 'pgbouncer-1.26' });
    const onPool = { ...outside, onPool: true };
    expect(plan.check('begin', onPool)?.code).toBe('POOLSAFE_TRANSACTION_ON_POOL');
    expect(plan.check('begin; select 1; commit', onPool)).toBeUndefined();
    expect(plan.hazards('begin; set a.b = 1', onPool)).toEqual([
      'POOLSAFE_SESSION_SET',
      'POOLSAFE_TRANSACTION_ON_POOL',
    ]);
    expect(plan.hazards('set local a.b = 1', onPool)).toEqual(['POOLSAFE_LOCAL_OUTSIDE_TRANSACTION']);
    for (const pooler of lenient) expect(planFor(unknown, { pooler }).check('begin', onPool)).toBeUndefined();
  });

  test('hazards are all there are, allowed or not', () => {
    const sql = 'select lastval(), pg_advisory_lock(1)';
    for (const onHazard of ['throw', 'warn', 'allow'] as const) {
      const plan = planFor(unknown, { onHazard, allow: ['POOLSAFE_ADVISORY_LOCK'] });
      expect(plan.hazards(sql, outside)).toEqual(['POOLSAFE_ADVISORY_LOCK', 'POOLSAFE_SEQUENCE_STATE']);
      expect(plan.hazards(sql, inside)).toEqual(['POOLSAFE_ADVISORY_LOCK']);
      expect(plan.hazards('select 1', outside)).toEqual([]);
    }
  });

  test('allow lets through what it names, and no other hazard of the same text', () => {
    const { check } = planFor(unknown, { allow: ['POOLSAFE_SESSION_SET'] });
    expect(check(set, outside)).toBeUndefined();
    expect(check(`${set}; listen news`, outside)?.code).toBe('POOLSAFE_LISTEN');
  });

  test.each(['throw', 'warn'] as const)('onHazard %s finds it', (onHazard) => {
    expect(planFor(unknown, { onHazard }).check(set, outside)).toBeInstanceOf(HazardError);
  });

  test('onHazard allow finds nothing', () => {
    expect(planFor(unknown, { onHazard: 'allow' }).check(set, outside)).toBeUndefined();
  });
});

describe('names of statements', () => {
  test.each(['direct', 'session', 'unknown', 'pgbouncer-1.26', 'rds-proxy'] as const)(
    'behind %s, those of the application are replaced',
    (pooler) => {
      expect(planFor(unknown, { pooler }).keepsNames).toBe(false);
      expect(planFor(unknown, { pooler, statements: 'never' }).keepsNames).toBe(false);
    },
  );

  test.each(['session', 'pgbouncer', 'pgbouncer-1.26', 'neon'] as const)(
    'behind %s, always keeps them',
    (pooler) => {
      expect(planFor(unknown, { pooler, statements: 'always' }).keepsNames).toBe(true);
    },
  );

  test.each(['pgbouncer-1.18', 'supavisor', 'unknown'] as const)('always contradicts %s', (pooler) => {
    const error = errorOf(() => planFor(unknown, { pooler, statements: 'always' }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain(`\`statements: 'always'\` contradicts \`pooler: '${pooler}'\``);
  });

  test('always is believed where the pooler was not named', () => {
    expect(planFor(unknown, { statements: 'always' }).keepsNames).toBe(true);
  });

  const naming: readonly (readonly [PoolsafeOptions | undefined, Plan['naming']])[] = [
    [undefined, 'probed'],
    [{ statements: 'never' }, 'never'],
    [{ statements: 'always' }, 'always'],
    [{ pooler: 'direct' }, 'always'],
    [{ pooler: 'direct', statements: 'never' }, 'never'],
    [{ pooler: 'session' }, 'always'],
    [{ pooler: 'unknown' }, 'probed'],
    [{ pooler: 'pgbouncer' }, 'probed'],
    [{ pooler: 'pgbouncer-1.18' }, 'never'],
    [{ pooler: 'pgbouncer-1.24' }, 'probed'],
    [{ pooler: 'pgbouncer-1.24', statements: 'always' }, 'always'],
    [{ pooler: 'supavisor' }, 'probed'],
    [{ pooler: 'neon' }, 'probed'],
    [{ pooler: 'rds-proxy' }, 'never'],
  ];
  test.each(naming)('with %j, texts that repeat are named: %s', (options, expected) => {
    expect(planFor(unknown, options).naming).toBe(expected);
  });

  test('RDS Proxy is never named anything, also where only its host tells', () => {
    const target = parseTarget('postgres://app@shop.proxy-abc.eu-west-1.rds.amazonaws.com/shop');
    expect(planFor(target).naming).toBe('never');
  });

  test('the cache of statements has the sizes that were given', () => {
    expect(planFor(unknown).statementCache).toEqual({ size: 200, threshold: 2, maxAge: 60_000 });
    expect(planFor(unknown, { statementCache: { size: 5 } }).statementCache).toMatchObject({
      size: 5,
      threshold: 2,
    });
  });
});

describe('startup parameters', () => {
  const parameters = { application_name: 'web', statement_timeout: '5000', options: '-c a.b=1' };
  const target = { ...unknown, parameters };

  test('settings that the pooler refuses are left out of the login, for each statement to set', () => {
    const plan = planFor(target, { pooler: 'pgbouncer-1.24' });
    expect(plan.startup(target.parameters)).toEqual({ application_name: 'web' });
    expect(Object.fromEntries(plan.settings?.values ?? [])).toEqual({
      statement_timeout: '5000',
      'a.b': '1',
    });
  });

  test('what is no setting is refused before the login', () => {
    const parameters = { replication: 'database', options: '-B 10' };
    const error = errorOf(() => planFor({ ...target, parameters }, { pooler: 'pgbouncer-1.18' }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toBe(
      'POOLSAFE_STARTUP_PARAMETER  a pooler accepts only the startup parameters that it can restore on every server connection' +
        ' (PgBouncer before 1.21, transaction mode).\n' +
        '  startup parameter: options: -B, options: 10, replication\n' +
        '  fix: leave it out; a setting can be given to the role instead: ALTER ROLE … SET,' +
        " or `poolsafe: { allow: ['POOLSAFE_STARTUP_PARAMETER'] }`\n" +
        '  read more: docs/hazards/POOLSAFE_STARTUP_PARAMETER.md',
    );
  });

  test.each([
    { pooler: 'direct' },
    { allow: ['POOLSAFE_STARTUP_PARAMETER'] },
    { onHazard: 'warn' },
    { onHazard: 'allow' },
  ] as const)('%j lets them through', (options) => {
    const plan = planFor(target, options);
    expect([plan.startup(target.parameters), plan.settings]).toEqual([target.parameters, undefined]);
  });
});

describe('the plan', () => {
  test('is frozen, and does not change with the options it was made from', () => {
    const allow: HazardCode[] = [];
    const plan = planFor(unknown, { allow });
    allow.push('POOLSAFE_SESSION_SET');
    expect([plan, plan.allow].every(Object.isFrozen)).toBe(true);
    expect(plan.check(set, outside)?.code).toBe('POOLSAFE_SESSION_SET');
    expect(() => Object.assign(plan, { onHazard: 'allow' } satisfies Partial<Plan>)).toThrow(TypeError);
  });

  test('wrong options are refused', () => {
    expect(() => planFor(unknown, { pooler: 'nothing' as never })).toThrow(ConfigError);
  });
});

test('an error of poolsafe is one by its brand, whichever copy made it', () => {
  const error = planFor(unknown).check(set, outside);
  expect(PoolsafeError.is(error)).toBe(true);
  expect(PoolsafeError.is(new Error(error?.message))).toBe(false);
  expect(PoolsafeError.is({ [Symbol.for('poolsafe.error')]: true })).toBe(true);
});
