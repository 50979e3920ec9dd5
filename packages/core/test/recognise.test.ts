import { describe, expect, test } from 'vitest';
import type { PoolerName } from '../src/poolers.ts';
import { endpoints, recognise } from '../src/recognise.ts';

const at = (place: string) => {
  const [host = '', port = '5432'] = place.split(':');
  return { host, port: Number(port), parameters: {} };
};

const recognised: readonly (readonly [place: string, pooler: PoolerName])[] = [
  ['aws-0-eu-central-1.pooler.supabase.com:6543', 'supavisor'],
  ['aws-0-eu-central-1.pooler.supabase.com:5432', 'session'],
  ['db.abcdefgh.supabase.co:6543', 'pgbouncer'],
  ['db.abcdefgh.supabase.co:5432', 'direct'],
  ['ep-cool-darkness-123456-pooler.us-east-2.aws.neon.tech', 'neon'],
  ['ep-cool-darkness-123456-pooler.neon.tech', 'neon'],
  ['ep-cool-darkness-123456.us-east-2.aws.neon.tech', 'direct'],
  ['pooled.db.prisma.io:5432', 'pgbouncer'],
  ['db.prisma.io:5432', 'direct'],
  ['app.proxy-abcdefgh.eu-west-1.rds.amazonaws.com', 'rds-proxy'],
  ['0123456789abcdef.hyperdrive.local', 'hyperdrive'],
  ['app-do-user-1-0.b.db.ondigitalocean.com:25061', 'pgbouncer'],
  ['app-do-user-1-0.b.db.ondigitalocean.com:25060', 'direct'],
  ['app.postgres.database.azure.com:6432', 'pgbouncer'],
  ['app.postgres.database.azure.com:5432', 'direct'],
  ['localhost:6432', 'pgbouncer'],
  ['/var/run/postgresql:6432', 'pgbouncer'],
];

test.each(recognised)('%s is %s, in upper case as well', (place, pooler) => {
  expect(recognise(at(place))).toBe(pooler);
  expect(recognise(at(place.toUpperCase()))).toBe(pooler);
});

test('each row of endpoints is reached by one of these', () => {
  const reached = recognised.map(([place]) => {
    const { host, port } = at(place);
    return endpoints.findIndex((row) => row.host.test(host) && (row.port ?? port) === port);
  });
  expect(new Set(reached)).toEqual(new Set(endpoints.keys()));
});

describe('a host that only looks alike is unknown', () => {
  const lookAlikes = [
    'localhost',
    'db.example.com',
    'evil-neon.tech.example.com',
    'ep-a-pooler.neon.tech.example.com',
    'evilneon.tech',
    'neon.tech',
    'ep-a-pooler.neon-tech.com',
    'pooler.supabase.com:6543',
    'evilpooler.supabase.com:5432',
    'aws-0.pooler.supabase.com.example.com:5432',
    'aws-0.pooler.supabase.com:1234',
    'db.abc.supabase.co.example.com',
    'db.abc.supabase.com',
    'xdb.abc.supabase.co',
    'abc.supabase.co',
    'db.abc.supabase.co:1234',
    'app.abcdefgh.eu-west-1.rds.amazonaws.com',
    'app.proxy-abc.rds.amazonaws.com.example.com',
    'hyperdrive.local',
    'a.hyperdrive.local.example.com',
    'ondigitalocean.com:25060',
    'a.ondigitalocean.com.example.com:25060',
    'a.ondigitalocean.com',
    'a.postgres.database.azure.com.example.com',
    'a.postgres.database.azure.com:1234',
    'postgresXdatabase.azure.com',
  ];

  test.each(lookAlikes)('%s', (place) => {
    expect(recognise(at(place))).toBe('unknown');
  });
});
