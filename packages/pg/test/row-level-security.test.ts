import { readFileSync } from 'node:fs';
import { Pool, withSettings } from '@poolsafe/pg';
import type pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openDatabase } from './database.ts';
import { left } from './tenants.ts';

// Runs the SQL of docs/guides/row-level-security.md as it stands there.
const page = readFileSync(new URL('../../../docs/guides/row-level-security.md', import.meta.url), 'utf8');

/** The SQL under a heading. */
function sqlUnder(heading: string): string {
  const section = page.split(/^## /m).find((text) => text.startsWith(heading));
  const blocks = [...(section ?? '').matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql);
  if (blocks.length === 0) throw new Error(`There is no SQL under "${heading}".`);
  return blocks.join('\n');
}

const servers = inject('servers');
const database = await openDatabase(servers);
/** Roles belong to the server, so that those of the page are renamed. */
const own = (sql: string) => sql.replaceAll(/\b(shop_\w+)\b/g, `$1_${process.pid}`);
const as = <T>(tenant: string, work: () => T) => withSettings({ 'app.tenant_id': tenant }, work);
const acme = '00000000-0000-4000-8000-00000000000a';
const other = '00000000-0000-4000-8000-00000000000b';

function pool(role: string, options: pg.PoolConfig = {}, to = database.through('latest').url) {
  const url = new URL(to);
  Object.assign(url, { username: own(role), password: 'secret' });
  const opened = new Pool({ connectionString: url.href, ...options });
  return Object.assign(opened, { [Symbol.asyncDispose]: () => opened.end() });
}

beforeAll(async () => {
  await database.admin(own(sqlUnder('Roles')));
  await database.admin(own(sqlUnder('Table and policy')));
  for (const tenant of [acme, other]) {
    await database.admin("insert into notes (tenant_id, text) values ($1::uuid, 'of ' || $1::uuid)", [
      tenant,
    ]);
  }
});

afterAll(async () => {
  await database.admin(own('drop owned by shop_owner, shop_app, shop_jobs cascade'));
  await database.admin(own('drop role shop_owner, shop_app, shop_jobs'));
  await database[Symbol.asyncDispose]();
});

const textsOf = async (from: Pool) =>
  (await from.query('select text from notes order by text')).rows.map((row) => row.text);

test('a tenant sees its rows, whoever sets nothing none, and nothing is left', async () => {
  await using app = pool('shop_app');
  expect(await as(acme, () => textsOf(app))).toEqual([`of ${acme}`]);
  expect(await as(other, () => textsOf(app))).toEqual([`of ${other}`]);
  expect(await textsOf(app)).toEqual([]);
  const foreign = as(acme, () => app.query("insert into notes (tenant_id, text) values ($1, 'x')", [other]));
  await expect(foreign).rejects.toMatchObject({ code: '42501' });
  await expect(as('no uuid', () => textsOf(app))).rejects.toMatchObject({ code: '22P02' });
  expect(await left(database.through('latest'), 'app.tenant_id')).toEqual(['']);
});

test('the owner is held by FORCE, and a superuser by nothing', async () => {
  await using owner = pool('shop_owner');
  expect(await textsOf(owner)).toEqual([]);
  expect(await database.admin('select text from notes')).toHaveLength(2);
  expect(await database.admin(sqlUnder('Who is not held'))).toEqual([]);
  await database.admin('alter table notes no force row level security');
  expect(await textsOf(owner)).toHaveLength(2);
  expect(await database.admin(sqlUnder('Who is not held'))).toMatchObject([{ table: 'notes' }]);
  await database.admin('alter table notes force row level security');
});

test('without nullif, a policy fails on a server connection that had the setting once', async () => {
  // One connection without a pooler: the same server connection each time.
  await using app = pool('shop_app', { max: 1 }, database.direct.url);
  const broken = "select current_setting('app.tenant_id', true)::uuid as tenant";
  expect((await app.query(broken)).rows).toEqual([{ tenant: null }]);
  await as(acme, () => app.query('select 1'));
  await expect(app.query(broken)).rejects.toMatchObject({ code: '22P02' });
});

test('a job has a role that sees all tenants, and goes from one to the next', async () => {
  await using jobs = pool('shop_jobs');
  const { rows } = await jobs.query('select distinct tenant_id from notes order by 1');
  expect(rows).toEqual([{ tenant_id: acme }, { tenant_id: other }]);
});

test('the setting is read once for a statement, and the index is used', async () => {
  await using app = pool('shop_app');
  await database.admin(
    'insert into notes (tenant_id, text) select gen_random_uuid(), n::text from generate_series(1, 5000) n',
  );
  await database.admin('analyze notes');
  const explained = await as(acme, () => app.query('explain (costs off) select text from notes'));
  const plan = explained.rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).toContain('InitPlan');
  expect(plan).toMatch(/Index (Only )?Scan|Bitmap Index Scan/);
});

test('claims as Supabase has them', async () => {
  await database.admin(own(sqlUnder('Claims of a token')));
  await using app = pool('shop_app');
  const settings = { role: own('shop_app'), 'request.jwt.claims': JSON.stringify({ sub: acme }) };
  const read = 'select text from profiles';
  expect((await withSettings(settings, () => app.query(read))).rows).toEqual([{ text: `of ${acme}` }]);
  expect((await app.query(read)).rows).toEqual([]);
});
