import { readFileSync } from 'node:fs';
import { type PgBouncerSpec, startPgBouncer, startPostgres } from '@poolsafe/stack';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';

// Runs the configuration and the SQL of docs/providers/pgbouncer.md, with other addresses.
const page = readFileSync(new URL('../../../docs/providers/pgbouncer.md', import.meta.url), 'utf8');

function block(language: string): string {
  const found = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(page)?.[1];
  if (found === undefined) throw new Error(`The page has no block of ${language}.`);
  return found;
}

const section = block('ini').split('[pgbouncer]')[1] ?? '';
const lines = [...section.matchAll(/^(\w+) = (.*)$/gm)].map(([, key, value]) => [key, value] as const);
const here = ['listen_addr', 'listen_port', 'auth_file'];
const settings: Record<string, string> = Object.fromEntries(
  lines.filter(([key]) => key !== undefined && !here.includes(key)),
);

const postgres = await startPostgres();
const { user, password } = postgres.address;
const database = await postgres.createDatabase();
await run(postgres.url(database), block('sql'));
await run(postgres.url(database), "create role app login password 'secret'");
afterAll(() => postgres.stop());

async function run(url: string, text: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
}

function start(version: string, more: PgBouncerSpec['settings'] = {}, without?: string) {
  const kept = Object.entries({ ...settings, ...more }).filter(([key]) => key !== without);
  const spec: PgBouncerSpec = {
    version,
    settings: { ...Object.fromEntries(kept), auth_file: 'userlist.txt' },
    files: { 'userlist.txt': `"pgbouncer" "lookup"\n"${user}" "${password}"\n` },
  };
  return startPgBouncer(spec, postgres.address);
}

/** As a role, with a password. */
const as = (url: string, username: string, own: string) =>
  Object.assign(new URL(url), { username, password: own }).href;

test.each(['1.24', 'latest'])('lets roles of PostgreSQL in, PgBouncer %s', async (version) => {
  await using bouncer = await start(version);
  const url = bouncer.url(database);
  const { rows } = await run(as(url, 'app', 'secret'), 'select current_user::text as role');
  expect(rows).toEqual([{ role: 'app' }]);
  await expect(run(as(url, 'app', 'wrong'), 'select 1')).rejects.toThrow();
  const shown = await bouncer.admin('SHOW CONFIG');
  for (const [key, value] of Object.entries(settings)) {
    expect(shown.find((row) => row.key === key)).toMatchObject({ value });
  }
});

test('has the defaults of the page, PgBouncer latest', async () => {
  const explained = page.split(/^## /m).find((text) => text.startsWith('pgbouncer.ini')) ?? '';
  const rows = [...explained.matchAll(/^\| `(\w+)` \| .* \| `?(\w+)`?[^|]* \|$/gm)];
  expect(rows.length).toBeGreaterThan(8);
  await using bouncer = await start('latest');
  const shown = await bouncer.admin('SHOW CONFIG');
  for (const [, key, value] of rows) {
    expect(shown.find((row) => row.key === key)).toMatchObject({ default: value });
  }
});

test('1.18 knows no max_prepared_statements, and takes the rest', async () => {
  await expect(start('1.18')).rejects.toThrow(/max_prepared_statements/);
  await using bouncer = await start('1.18', {}, 'max_prepared_statements');
  const { rows } = await run(as(bouncer.url(database), 'app', 'secret'), 'select 1 as n');
  expect(rows).toEqual([{ n: 1 }]);
});

test.each([
  ['1.24', 'ignore_startup_parameters', 'statement_timeout', '0'],
  ['latest', 'ignore_startup_parameters', 'statement_timeout', '0'],
  ['1.24', 'track_extra_parameters', 'IntervalStyle, statement_timeout', '0'],
  ['latest', 'track_extra_parameters', 'IntervalStyle, statement_timeout', '4321ms'],
])('PgBouncer %s, %s = %s: statement_timeout is %s', async (version, key, value, expected) => {
  await using bouncer = await start(version, { [key]: value });
  const url = new URL(as(bouncer.url(database), 'app', 'secret'));
  url.searchParams.set('statement_timeout', '4321');
  expect((await run(url.href, 'show statement_timeout')).rows).toEqual([{ statement_timeout: expected }]);
});

test.each([
  ['1.18', 0, '7MB'],
  ['latest', 0, '7MB'],
  ['1.18', 1, '4MB'],
  ['latest', 1, '4MB'],
])(
  'PgBouncer %s, server_reset_query_always = %i: what a client leaves is %s',
  async (version, always, left) => {
    const more = { server_reset_query_always: always, default_pool_size: 1 };
    const without = version === '1.18' ? 'max_prepared_statements' : undefined;
    await using bouncer = await start(version, more, without);
    const url = as(bouncer.url(database), 'app', 'secret');
    await run(url, "set work_mem to '7MB'");
    expect((await run(url, 'show work_mem')).rows).toEqual([{ work_mem: left }]);
  },
);
