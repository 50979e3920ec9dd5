import { describe, expect, test } from 'vitest';
import { type PoolerName, poolers } from '../src/poolers.ts';
import { divideStartup } from '../src/startup.ts';

const names = Object.keys(poolers) as PoolerName[];
const allBut = (...accepting: PoolerName[]) => names.filter((name) => !accepting.includes(name));

const from121: PoolerName[] = ['direct', 'pgbouncer-1.21', 'pgbouncer-1.24', 'pgbouncer-1.26', 'neon'];
const from124: PoolerName[] = ['direct', 'pgbouncer-1.24', 'pgbouncer-1.26', 'neon'];

/** Behind which a parameter is not sent as it is. */
const divided = (parameters: Record<string, string>) =>
  names.filter((name) => {
    const { sent } = divideStartup(poolers[name], parameters);
    return JSON.stringify(sent) !== JSON.stringify(parameters);
  });

const parameters: readonly (readonly [name: string, value: string, not: readonly PoolerName[]])[] = [
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
  ['options', '-c TimeZone=UTC', allBut(...from121)],
  ['options', '-c search_path=app', allBut('direct', 'pgbouncer-1.26')],
  ['options', '-c statement_timeout=5000', allBut('direct')],
  ['options', 'endpoint=ep-example', allBut('direct', 'neon')],
];

test.each(parameters)('%s=%s is sent as it is where the pooler takes it', (name, value, not) => {
  expect(divided({ [name]: value })).toEqual(not);
});

const old = poolers['pgbouncer-1.18'];
const latest = poolers['pgbouncer-1.26'];
const nothing = { sent: {}, settings: {}, refused: [] };

describe('what the pooler does not take', () => {
  test('is a setting of each statement, by its name in lower case', () => {
    const given = { TimeZone: 'UTC', Statement_Timeout: '1', search_path: 'app', 'app.tenant_id': '7' };
    expect(divideStartup(poolers.unknown, given)).toEqual({
      sent: { TimeZone: 'UTC' },
      settings: { statement_timeout: '1', search_path: 'app', 'app.tenant_id': '7' },
      refused: [],
    });
  });

  test.each(['replication', 'Replication', 'pgbouncer', 'connection_limit', 'no name'])(
    'is refused where it is none: %s',
    (name) => {
      expect(divideStartup(old, { [name]: 'x' })).toEqual({ ...nothing, refused: [name] });
    },
  );

  test('is set as PostgreSQL would: a parameter wins over the options, the last option over the first', () => {
    const options = '-c lock_timeout=1 -c lock_timeout=2 -c statement_timeout=3 -c TimeZone=UTC';
    expect(divideStartup(old, { statement_timeout: '4', timezone: 'CET', options })).toEqual({
      sent: { TimeZone: 'UTC', timezone: 'CET' },
      settings: { lock_timeout: '2', statement_timeout: '4' },
      refused: [],
    });
  });
});

describe('options, in every spelling of PostgreSQL', () => {
  const whole = (options: string) => ({ ...nothing, sent: { options } });
  const set = (settings: Record<string, string>) => ({ ...nothing, settings });
  const not = (...refused: string[]) => ({ ...nothing, refused });

  test.each([
    ['', nothing],
    ['  ', nothing],
    ['-c a.b=1', set({ 'a.b': '1' })],
    ['-ca.b=1', set({ 'a.b': '1' })],
    ['--a.b=1', set({ 'a.b': '1' })],
    ['--statement-timeout=1', set({ statement_timeout: '1' })],
    ['-c statement-timeout=1s', set({ statement_timeout: '1s' })],
    ['-c a.b=c=d', set({ 'a.b': 'c=d' })],
    ['-c a.b=', set({ 'a.b': '' })],
    ['-c a.b=it\\ is\\\\', set({ 'a.b': 'it is\\' })],
    ['-c TIMEZONE=UTC', whole('-c TIMEZONE=UTC')],
    ['--search-path=app', whole('--search-path=app')],
    ['--search-path=a\\ b\\,c -c TimeZone=UTC', whole('--search-path=a\\ b\\,c -c TimeZone=UTC')],
    ['-c search_path=a\\ -c\\ b=1', whole('-c search_path=a\\ -c\\ b=1')],
    ['-c a.b=\\\\ -c c.d=1', set({ 'a.b': '\\', 'c.d': '1' })],
    ['-c\ta.b=1\n-c  c.d=2 --e-f=3', set({ 'a.b': '1', 'c.d': '2', e_f: '3' })],
    [
      '-c TimeZone=UTC  -c a.b=1 --search-path=a\\ b',
      { sent: { options: '-c TimeZone=UTC --search-path=a\\ b' }, settings: { 'a.b': '1' }, refused: [] },
    ],
    ['-c a\\.b=1', set({ 'a.b': '1' })],
    ['-c', not('options: -c')],
    ['-c a.b', not('options: a.b')],
    ['-B 10', not('options: -B', 'options: 10')],
    ['endpoint=s3cret', not('options: endpoint')],
  ])('%j', (options, expected) => {
    expect(divideStartup(latest, { options })).toEqual(expected);
  });

  test('a setting that the pooler takes by itself only is sent by itself', () => {
    const { sent, settings } = divideStartup(old, { options: '-c TimeZone=UTC -c search_path=app' });
    expect([sent, settings]).toEqual([{ TimeZone: 'UTC' }, { search_path: 'app' }]);
  });
});
