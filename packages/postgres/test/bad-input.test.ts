import { inspect } from 'node:util';
import guarded, { ConfigError } from '@poolsafe/postgres';
import postgres from 'postgres';
import { afterAll, expect, inject, test } from 'vitest';
import { errorOf } from '../../core/test/error-of.ts';
import { expectConfigError, type Unusable } from '../../pg/test/config-errors.ts';
import { openDatabase } from '../../pg/test/database.ts';

const database = await openDatabase(inject('servers'));
afterAll(() => database[Symbol.asyncDispose]());

const make = guarded as unknown as (...given: unknown[]) => ReturnType<typeof guarded>;

/** Arguments that cannot work, and what the error must say. */
const unusable: Unusable<readonly unknown[]> = [
  ['another scheme', ['http://app:hunter2@db/shop'], /starts with http:\/\//],
  ['no scheme', ['hunter2'], /no scheme/],
  [
    'a slash in the password',
    ['postgres://app:hun/hunter2@db/shop'],
    /cannot be parsed.*encodeURIComponent/s,
  ],
  ['a hash in the password', ['postgres://app:hun#hunter2@db/shop'], /cannot be parsed/],
  ['a percent sign in the password', ['postgres://app:hun%hunter2@db/shop'], /cannot be parsed/],
  ['a port that is none', ['postgres://app:hunter2@db:99999/shop'], /cannot be parsed/],
  ['port 0', ['postgres://app:hunter2@db:0/shop'], /port/],
  ['several hosts, and a hash in the password', ['postgres://app:hun#hunter2@a,b/shop'], /cannot be parsed/],
  ['several hosts, and a percent sign', ['postgres://app:hun%hunter2@a:1,b:2/shop'], /cannot be parsed/],
  [
    'a pooler nobody knows',
    ['postgres://app:hunter2@db/shop', { poolsafe: { pooler: 'pgbounce' } }],
    /poolsafe\.pooler.*"pgbounce".*pgbouncer-1\.18/s,
  ],
  [
    'a pooler nobody knows, options alone',
    [{ pass: 'hunter2', poolsafe: { pooler: 'pgbounce' } }],
    /"pgbounce"/,
  ],
  ['a URL as the pooler', [{ poolsafe: { pooler: 'postgres://app:hunter2@db/shop' } }], /poolsafe\.pooler/],
  ['an option nobody knows', [{ poolsafe: { poler: 'direct' } }], /"poler".*pooler/s],
  ['no object', [{ poolsafe: 'pgbouncer' }], /must be an object/],
  ['null', [{ poolsafe: null }], /must be an object/],
  ['a reaction nobody knows', [{ poolsafe: { onHazard: 'ignore' } }], /onHazard.*throw, warn, allow/s],
  ['statements: true', [{ poolsafe: { statements: true } }], /statements.*boolean/s],
  ['a hazard nobody knows', [{ poolsafe: { allow: ['SET'] } }], /allow.*"SET"/s],
  ['a contradiction', [{ poolsafe: { pooler: 'pgbouncer-1.18', statements: 'always' } }], /contradicts/],
  [
    'a direct URL through a pooler',
    [{ poolsafe: { direct: 'postgres://app:hunter2@db:6432/shop' } }],
    /not a direct connection/,
  ],
  ['a direct URL that is none', [{ poolsafe: { direct: 'hunter2' } }], /poolsafe\.direct/],
  [
    'a startup parameter',
    [{ connection: { replication: 'hunter2' }, pass: 'hunter2' }],
    /startup parameter: replication/,
  ],
  [
    'a startup parameter in the URL',
    ['postgres://app:hunter2@db/shop?options=-B%2010'],
    /startup parameter: options: -B/,
  ],
  [
    'options',
    [{ connection: { options: 'reference=hunter2' }, pass: 'hunter2' }],
    /startup parameter: options: reference/,
  ],
  [
    'a startup parameter, several hosts',
    ['postgres://app:hunter2@a:6432,b:6432/shop', { connection: { replication: 'true' } }],
    /replication/,
  ],
];

for (const [title, given, says] of unusable) {
  test(`ConfigError | ${title}`, () => {
    const error = errorOf(() => make(...given));
    // The class that this package exports.
    expect(error).toBeInstanceOf(ConfigError);
    expectConfigError(error, says);
  });
}

test('an error of postgres.js itself stays its own', () => {
  const given = ['postgres://localhost', { target_session_attrs: 'any' }] as const;
  const theirs = errorOf(() => (postgres as unknown as typeof make)(...given));
  expect(errorOf(() => make(...given)).message).toBe(theirs.message);
});

test('no URL is that of the environment, as with postgres.js', () => {
  for (const given of [[], [undefined], [''], [null], [undefined, { max: 3 }], [{ max: 3 }]]) {
    const read = ({ options }: { options: postgres.ParsedOptions }) => {
      const { host, port, user, database, max } = options;
      return { host, port, user, database, max };
    };
    expect(read(make(...given))).toEqual(read((postgres as unknown as typeof make)(...given)));
  }
});

/** What is read of a URL. */
const usable: readonly string[] = [
  'postgres://app:p%2Fs%23%25@db/shop',
  'postgresql://app:p@[::1]:6000/shop',
  'postgres://app@db',
  'postgres://app:p@a:1,b:2/shop?application_name=x',
  'postgres://app:p@a,b/shop',
  'postgres://app:p@db/shop?max=3&idle_timeout=5&sslmode=require',
];

for (const url of usable) {
  test(`accepted, and read as postgres.js reads it | ${url}`, () => {
    const read = ({ options }: { options: postgres.ParsedOptions }) => {
      const { host, port, user, database, max, pass, ssl, connection, idle_timeout } = options;
      return { host, port, user, database, max, pass, ssl, connection, idle_timeout };
    };
    expect(read(guarded(url))).toEqual(read(postgres(url)));
  });
}

const fromElsewhere: Error[] = [];
process.on('warning', (warning) => {
  if (/sslmode|SSL modes/.test(warning.message)) fromElsewhere.push(warning);
});

test('what a URL says about TLS is read by postgres.js alone', async () => {
  for (const key of ['sslmode=require', 'sslrootcert=system', 'sslrootcert=%2Fnowhere.pem']) {
    const url = `postgres://app:p@db/shop?${key}`;
    expect(guarded(url, { poolsafe: { pooler: 'direct' } }).options.ssl, key).toBe(postgres(url).options.ssl);
  }
  // Warnings come in a later turn.
  await new Promise((resolve) => setImmediate(resolve));
  expect(fromElsewhere).toEqual([]);
});

test('a refusal holds no value', async () => {
  const sql = guarded(database.through('latest').url, { debug: true });
  const refused = [
    sql`select set_config(${'app.token'}, ${'hunter2'}, false)`,
    sql.unsafe("set app.token = 'hunter2'"),
    sql`select set_config('app.token', ${sql`${'hunter2'}`}, false)`,
  ];
  for (const query of refused) {
    const error = await query.catch((error: unknown) => error);
    expect(error).toMatchObject({ code: expect.stringMatching(/^POOLSAFE_SE/) });
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain('hunter2');
  }
  await sql.end();
});

test('a wrong password is in no error', async () => {
  for (const { url, name } of database.routes) {
    const sql = guarded(url.replace(/:[^:@]+@/, ':hunter2@'), { backoff: () => 0 });
    const error = await sql`select 1`.catch((error: unknown) => error);
    expect(error, name).toMatchObject({ code: expect.stringMatching(/^(28P01|08P01)$/) });
    expect(inspect(error, { depth: null, showHidden: true }), name).not.toContain('hunter2');
    await sql.end();
  }
});

const wrongPolicies: readonly [title: string, policy: unknown, says: RegExp][] = [
  ['an option nobody knows', { alow: [] }, /"alow"/],
  ['an option of the client', { pooler: 'direct' }, /"pooler"/],
  ['no object', true, /must be an object/],
];

for (const [title, policy, says] of wrongPolicies) {
  test(`ConfigError | the policy of one statement: ${title}`, async () => {
    const sql = guarded(database.direct.url);
    const query = sql.unsafe('select 1', [], { poolsafe: policy } as never);
    const error = await query.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(says);
    await sql.end();
  });
}
