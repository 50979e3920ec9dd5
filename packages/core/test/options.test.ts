import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../src/errors.ts';
import { checkOptions, optionNames } from '../src/options.ts';
import { poolers } from '../src/poolers.ts';
import { errorOf } from './error-of.ts';

const url = 'postgres://app:s3cret@db/shop';
const supavisor = 'postgres://app:s3cret@aws-0.pooler.supabase.com:6543/postgres';
const { pgbouncer } = poolers;

const wrong: readonly (readonly [options: unknown, got: string, takes: string])[] = [
  [null, '`poolsafe` must be an object', "poolsafe: { pooler: 'pgbouncer' }"],
  ['pgbouncer', '`poolsafe` must be an object', "poolsafe: { pooler: 'pgbouncer' }"],
  [['pgbouncer'], '`poolsafe` must be an object', "poolsafe: { pooler: 'pgbouncer' }"],
  [{ Pooler: 'auto' }, '`poolsafe` does not take the option "Pooler"', `one of ${optionNames.join(', ')}`],
  [{ [url]: 1 }, '`poolsafe` does not take the option.', `one of ${optionNames.join(', ')}`],
  [
    { statements: 'sometimes' },
    '`poolsafe.statements` does not take the value "sometimes"',
    'one of auto, never, always',
  ],
  [{ statementCache: 5 }, '`poolsafe.statementCache` must be an object', 'statementCache: { size: 200'],
  [{ statementCache: { siz: 5 } }, '`poolsafe.statementCache` does not take the option "siz"', 'one of size'],
  [{ statementCache: { size: 0 } }, '`poolsafe.statementCache.size` must be a whole number', 'size: 200'],
  [{ statementCache: { maxAge: '5s' } }, '`poolsafe.statementCache.maxAge` must be', 'maxAge: 60_000'],
  [
    { statements: true },
    '`poolsafe.statements` does not take the value of type boolean',
    'one of auto, never, always',
  ],
  [{ onHazard: 'log' }, '`poolsafe.onHazard` does not take the value "log"', 'one of throw, warn, allow'],
  [{ onHazard: url }, '`poolsafe.onHazard` does not take the value.', 'one of throw, warn, allow'],
  [{ allow: 'POOLSAFE_LISTEN' }, '`poolsafe.allow` must be a list', "allow: ['POOLSAFE_SESSION_SET']"],
  [
    { allow: ['POOLSAFE_LISTEN', 'LISTEN'] },
    '`poolsafe.allow` does not take the value "LISTEN"',
    'one of POOLSAFE_SESSION_SET, ',
  ],
  [{ allow: ['toString'] }, '`poolsafe.allow` does not take the value "toString"', 'POOLSAFE_LOAD'],
  [{ pooler: 'pgbounce' }, '`poolsafe.pooler` does not take the value "pgbounce"', 'one of auto, direct, '],
  [{ pooler: 'toString' }, '`poolsafe.pooler` does not take the value "toString"', 'pgbouncer-1.24'],
  [{ pooler: url }, '`poolsafe.pooler` does not take the value.', 'one of auto, direct, '],
  [{ pooler: null }, '`poolsafe.pooler` does not take the value of type object', 'a complete row'],
  [{ pooler: {} }, '`poolsafe.pooler` does not take the value of type object', 'a complete row'],
  [{ pooler: { ...pgbouncer, session: 'lost' } }, 'value of type object', 'a complete row'],
  [{ pooler: { ...pgbouncer, name: 'mine' } }, 'value of type object', 'a complete row'],
  [{ pooler: { ...pgbouncer, statements: { value: 'maybe' } } }, 'value of type object', 'a complete row'],
  [{ pooler: { ...pgbouncer, startup: { value: 'none' } } }, 'value of type object', 'a complete row'],
  [{ direct: 5432 }, '`poolsafe.direct` must be a connection URL', 'process.env.DIRECT_URL'],
  [{ direct: 's3cret' }, '`poolsafe.direct` is not a usable connection URL', 'postgres://user:password@host'],
  [{ direct: supavisor }, '`poolsafe.direct` leads to Supavisor', 'reaches PostgreSQL without the pooler'],
  [{ direct: 'postgres://db:6432/shop' }, '`poolsafe.direct` leads to PgBouncer', 'without the pooler'],
];

describe('wrong options', () => {
  test.each(wrong)('%j', (options, got, takes) => {
    const error = errorOf(() => checkOptions(options));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ code: 'POOLSAFE_CONFIG', docs: 'docs/options.md' });
    const [what, fix, page, ...rest] = error.message.split('\n');
    expect(what).toContain(got);
    expect(fix).toMatch(/^ {2}fix: /);
    expect(fix).toContain(takes);
    expect([page, ...rest]).toEqual(['  read more: docs/options.md']);
    for (const text of [error.stack, inspect(error, { depth: null })]) expect(text).not.toContain('s3cret');
  });
});

const right: readonly unknown[] = [
  {},
  { pooler: undefined, statements: undefined, onHazard: undefined, allow: undefined, direct: undefined },
  { pooler: 'auto', statements: 'auto', onHazard: 'throw', allow: [] },
  { pooler: 'pgbouncer-1.26', statements: 'always', onHazard: 'warn', allow: ['POOLSAFE_LISTEN'] },
  { pooler: poolers.unknown, statements: 'never', onHazard: 'allow' },
  { direct: url },
  { direct: 'postgres://db.abc.supabase.co/postgres' },
  { direct: 'postgres://aws-0.pooler.supabase.com:5432/postgres' },
  { direct: '/var/run/postgresql' },
];

test.each(right)('%j is right', (options) => {
  expect(checkOptions(options)).toBe(options);
});

test('no options are right', () => {
  expect(checkOptions(undefined)).toEqual({});
});
