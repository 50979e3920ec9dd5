import type { PoolerName } from '@poolsafe/core';
import { expect, test } from 'vitest';
import type { Mode } from '../src/doctor/pooling.ts';
import { modeOf, productOf } from '../src/doctor/product.ts';

// What the servers of the stack are told by, doctor-servers.test.ts asks them. Here is what they do not show.

const nothing = { parameters: {}, console: undefined };

test.each<[Mode, PoolerName, Record<string, string>, Mode]>([
  ['session', 'unknown', {}, 'session'],
  ['session', 'unknown', { 'pgbouncer.pool_mode': 'transaction' }, 'transaction'],
  ['session', 'unknown', { 'pgbouncer.pool_mode': 'session' }, 'session'],
  ['session', 'supavisor', {}, 'transaction'],
  ['direct', 'neon', {}, 'transaction'],
  ['direct', 'pgbouncer', {}, 'direct'],
  ['direct', 'direct', {}, 'direct'],
  ['transaction', 'session', {}, 'transaction'],
])('seen as %s at a host of %s, with %j: %s', (seen, recognised, parameters, mode) => {
  expect(modeOf(seen, { recognised, parameters, console: undefined })).toBe(mode);
});

test('the settings of a console count, too', () => {
  const console = { version: 'PgBouncer 1.24.1', settings: { pool_mode: 'statement' } };
  expect(modeOf('session', { ...nothing, recognised: 'unknown', console })).toBe('statement');
});

test.each([
  ['PgBouncer 1.17.0', 'PgBouncer', '1.17.0', 'pgbouncer-1.18'],
  ['PgBouncer 1.21.0', 'PgBouncer', '1.21.0', 'pgbouncer-1.21'],
  ['PgBouncer 1.25.1', 'PgBouncer', '1.25.1', 'pgbouncer-1.24'],
  ['PgBouncer 2.0.0', 'PgBouncer', '2.0.0', 'pgbouncer-1.26'],
  ['PgCat 1.2.0', 'PgCat', '1.2.0', 'pgcat'],
  ['Something 9', 'a pooler', undefined, 'unknown'],
])('a console that says %s', (version, name, number, pooler) => {
  const product = productOf({
    ...nothing,
    mode: 'transaction',
    recognised: 'unknown',
    statement: undefined,
    startup: undefined,
    console: { version, settings: {} },
  });
  expect({ ...product, evidence: '' }).toEqual({
    name,
    ...(number && { version: number }),
    pooler,
    evidence: '',
  });
});
