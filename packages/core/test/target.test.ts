import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../src/errors.ts';
import { assertSingleHost, parseTarget, type Target } from '../src/target.ts';
import { errorOf } from './error-of.ts';

const local: Target = { host: 'localhost', port: 5432, user: undefined, database: undefined, parameters: {} };

const usable: readonly (readonly [url: string, expected: Partial<Target>])[] = [
  [
    'postgres://app:pw@db.example.com:6432/shop',
    { host: 'db.example.com', port: 6432, user: 'app', database: 'shop' },
  ],
  ['postgresql://app@db.example.com/shop', { host: 'db.example.com', user: 'app', database: 'shop' }],
  ['POSTGRES://db/shop', { host: 'db', database: 'shop' }],
  ['postgres://db', { host: 'db' }],
  ['postgres:///shop', { database: 'shop' }],
  ['postgres://app:pw@/shop', { user: 'app', database: 'shop' }],
  [
    'postgres://app:pw@[2001:db8::1]:6543/shop',
    { host: '2001:db8::1', port: 6543, user: 'app', database: 'shop' },
  ],
  ['postgres://a%40b:p%2Fw%3F%23@db/my%20shop', { host: 'db', user: 'a@b', database: 'my shop' }],
  ['postgres://app:p@w:d@db/shop', { host: 'db', user: 'app', database: 'shop' }],
  ['postgres://app:p,w@db/shop', { host: 'db', user: 'app', database: 'shop' }],
  ['postgres://db:5432?user=app@tenant', { host: 'db', user: 'app@tenant' }],
  ['postgres://db:5432/shop?user=app@tenant', { host: 'db', user: 'app@tenant', database: 'shop' }],
  ['postgres://db/shop?port=6432', { host: 'db', port: 6432, database: 'shop' }],
  ['/var/run/postgresql', { host: '/var/run/postgresql' }],
  ['/var/run/postgresql shop', { host: '/var/run/postgresql', database: 'shop' }],
  ['postgres:///shop?host=/var/run/postgresql', { host: '/var/run/postgresql', database: 'shop' }],
  ['postgres://app@%2Fvar%2Frun/shop', { host: '/var/run', user: 'app', database: 'shop' }],
  ['socket:/var/run/postgresql?db=shop', { host: '/var/run/postgresql', database: 'shop' }],
  [
    'postgres://db/shop?application_name=web&options=-c%20a.b%3D1',
    { host: 'db', database: 'shop', parameters: { application_name: 'web', options: '-c a.b=1' } },
  ],
];

test.each(usable)('reads %s', (url, expected) => {
  expect(parseTarget(url)).toEqual({ ...local, ...expected });
});

describe('what cannot be used says neither the password nor the URL', () => {
  const manyHosts = /several hosts/;
  const unparsable = /cannot be parsed.*encodeURIComponent/s;
  const unusable: readonly (readonly [url: string, message: RegExp])[] = [
    ['', /has no scheme/],
    ['s3cret', /has no scheme/],
    ['db.example.com:5432/s3cret', /has no scheme/],
    ['app:s3cret@db/shop', /has no scheme/],
    ['postgres:s3cret@db/shop', /has no scheme/],
    ['http://app:s3cret@db/shop', /starts with http:\/\//],
    ['mysql://app:s3cret@db/shop', /starts with mysql:\/\//],
    ['prisma://db/?api_key=s3cret', /starts with prisma:\/\//],
    ['postgres://app:s3cret@one,two/shop', manyHosts],
    ['postgres://app:s3cret@one:5432,two:5433/shop', manyHosts],
    ['postgres://one:5432,two:5433/s3cret', manyHosts],
    ['postgres://app:s3cret@/shop?host=one,two', manyHosts],
    ['postgres://app:s3cret@db:0/shop', /from 1 to 65535/],
    ['postgres://app:s3cret@db/shop?port=abc', /from 1 to 65535/],
    ['postgres://app:s3cret@db:70000/shop', unparsable],
    ['postgres://app:s3cret@db:abc/shop', unparsable],
    ['postgres://app:s3cret@db:1:2/shop', unparsable],
    ['postgres://app:s3cret/x@db/shop', unparsable],
    ['postgres://app:12/s3cret@db/shop', unparsable],
    ['postgres://app:12#s3cret@db/shop', unparsable],
    ['postgres://app:12?s3cret@db/shop', unparsable],
    ['postgres://app:1,2/s3cret==@db/shop', unparsable],
    ['postgres://app:s3cret%E0%A4@db/shop', unparsable],
  ];

  test.each(unusable)('%s', (url, message) => {
    const error = errorOf(() => parseTarget(url));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ code: 'POOLSAFE_CONFIG', docs: 'docs/options.md' });
    expect(error.message).toMatch(message);
    for (const text of [error.message, error.stack, inspect(error, { depth: null, showHidden: true })]) {
      expect(text).not.toContain('s3cret');
      if (url !== '') expect(text).not.toContain(url);
    }
  });
});

test('a target holds no secret', () => {
  const keys = ['password', 'Password', 'pwd', 'sslpassword', 'sslMode', 'passfile', 'api_token', 'secret'];
  const query = keys.map((key) => `${key}=s3cret`).join('&');
  const target = parseTarget(`postgres://app:s3cret@db/shop?application_name=web&${query}`);
  expect(JSON.stringify(target)).not.toContain('s3cret');
  expect(target.parameters).toEqual({ application_name: 'web' });
});

test('what the driver cannot read is its own error', () => {
  expect(() => parseTarget('postgres://db/shop?sslrootcert=/no/such/file')).toThrow(/ENOENT/);
});

test.each(['db', '2001:db8::1', '/var/run/postgresql'])('%s is one host', (host) => {
  expect(() => assertSingleHost(host)).not.toThrow();
});
