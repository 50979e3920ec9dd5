import { expect, test } from 'vitest';
import { withoutClientKeys } from '../src/url-keys.ts';

test.each([
  ['postgres://db/shop', 'postgres://db/shop', {}],
  ['postgres://db/shop?pgbouncer=true', 'postgres://db/shop', { pgbouncer: 'true' }],
  [
    'postgres://u:p%40%3F@db/shop?pgbouncer=true&application_name=a%20b&connection_limit=1&schema=s%32',
    'postgres://u:p%40%3F@db/shop?application_name=a%20b',
    { pgbouncer: 'true', connection_limit: '1', schema: 's2' },
  ],
  [
    'postgres://db/shop?sslmode=require&channel_binding=require#x',
    'postgres://db/shop?sslmode=require#x',
    { channel_binding: 'require' },
  ],
  ['postgres://db/shop?schema', 'postgres://db/shop', { schema: '' }],
  [
    'postgres://db/shop?%73chema=x&options=-c%20a%3D1',
    'postgres://db/shop?options=-c%20a%3D1',
    { schema: 'x' },
  ],
  ['postgres://db/shop?schema=%zz', 'postgres://db/shop', { schema: '%zz' }],
  ['postgres://db/shop?', 'postgres://db/shop', {}],
])('%s', (url, rest, keys) => {
  expect(withoutClientKeys(url)).toEqual({ url: rest, keys });
});
