import { describe, expect, test } from 'vitest';
import { type PoolerName, poolers } from '../src/poolers.ts';
import { refusedParameters } from '../src/startup.ts';

const names = Object.keys(poolers) as PoolerName[];
const refusedBy = (parameters: Record<string, string>) =>
  names.filter((name) => refusedParameters(poolers[name], parameters).length > 0);
const allBut = (...accepting: PoolerName[]) => names.filter((name) => !accepting.includes(name));

const from121: PoolerName[] = ['direct', 'pgbouncer-1.21', 'pgbouncer-1.24', 'pgbouncer-1.26', 'neon'];
const from124: PoolerName[] = ['direct', 'pgbouncer-1.24', 'pgbouncer-1.26', 'neon'];

const parameters: readonly (readonly [name: string, value: string, refused: readonly PoolerName[]])[] = [
  ['client_encoding', 'UTF8', []],
  ['DateStyle', 'ISO', []],
  ['TimeZone', 'UTC', []],
  ['standard_conforming_strings', 'on', []],
  ['application_name', 'web', []],
  ['IntervalStyle', 'iso_8601', allBut(...from121)],
  ['replication', 'database', allBut(...from124)],
  ['search_path', 'app', allBut('direct', 'pgbouncer-1.26')],
  ['statement_timeout', '5000', allBut('direct')],
  ['lock_timeout', '5000', allBut('direct')],
  ['idle_in_transaction_session_timeout', '5000', allBut('direct')],
  ['extra_float_digits', '2', allBut('direct')],
  ['pgbouncer', 'true', allBut('direct')],
  ['options', '', allBut(...from121)],
  ['options', '-c TimeZone=UTC', allBut(...from121)],
  ['options', '-c search_path=app', allBut('direct', 'pgbouncer-1.26')],
  ['options', '-c statement_timeout=5000', allBut('direct')],
  ['options', 'endpoint=ep-example', allBut('direct', 'neon')],
];

test.each(parameters)('%s=%s', (name, value, refused) => {
  expect(refusedBy({ [name]: value })).toEqual(refused);
});

test('each refused parameter is named as it was given', () => {
  const given = { TimeZone: 'UTC', Statement_Timeout: '1', search_path: 'app' };
  expect(refusedParameters(poolers.unknown, given)).toEqual(['Statement_Timeout', 'search_path']);
});

describe('options, in every spelling of PostgreSQL', () => {
  const options: readonly (readonly [options: string, refused: readonly string[]])[] = [
    ['', []],
    ['  ', []],
    ['-c a.b=1', ['a.b']],
    ['-ca.b=1', ['a.b']],
    ['--a.b=1', ['a.b']],
    ['--statement-timeout=1', ['statement_timeout']],
    ['-c statement-timeout=1', ['statement_timeout']],
    ['-c TIMEZONE=UTC', []],
    ['--search-path=app', []],
    ['--search-path=a\\ b\\,c -c TimeZone=UTC', []],
    ['-c search_path=a\\ -c\\ b=1', []],
    ['-c a.b=\\\\ -c c.d=1', ['a.b', 'c.d']],
    ['-c\ta.b=1\n-c  c.d=2 --e-f=3', ['a.b', 'c.d', 'e_f']],
    ['-c TimeZone=UTC -c a.b=1 -c search_path=app', ['a.b']],
    ['-c a\\.b=1', ['a.b']],
    ['-c', []],
    ['-B 10', ['-B', '10']],
    ['endpoint=s3cret', ['endpoint']],
  ];

  test.each(options)('%j', (value, refused) => {
    const seen = refusedParameters(poolers['pgbouncer-1.26'], { options: value });
    expect(seen).toEqual(refused.map((name) => `options: ${name}`));
  });
});
