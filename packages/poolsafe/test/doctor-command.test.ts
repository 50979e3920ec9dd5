import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openSite, type Site, secrets } from './doctor-site.ts';
import { type Folder, folderOf } from './folder.ts';
import { poolsafe } from './poolsafe.ts';

const { postgres, poolers } = inject('servers');
const [classic] = poolers.map(({ address }) => address);

let site: Site;
let empty: Folder;

beforeAll(async () => {
  site = await openSite(postgres);
  empty = await folderOf({});
});

afterAll(async () => {
  await empty[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});

/** Runs the command where nothing lies around; its output has no password, whatever it is. */
async function doctor(args: readonly string[], more: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
  const none = { DATABASE_URL: '', DIRECT_URL: '', POSTGRES_URL: '' };
  const { cwd = empty.path, env = {} } = more;
  const ended = await poolsafe(['doctor', ...args], { cwd, env: { ...none, ...env } });
  for (const secret of secrets) expect(ended.stdout + ended.stderr).not.toContain(secret);
  return ended;
}

describe('exit codes', () => {
  test('0: PostgreSQL itself, and nothing wrong', async () => {
    const { code, stdout, stderr } = await doctor([site.through(postgres)]);
    expect(stdout).toMatch(/product +PostgreSQL/);
    expect(stdout).toContain('0 errors, 0 warnings, 0 notes');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('1: findings', async () => {
    const { code, stdout } = await doctor([site.through(classic!)]);
    expect(stdout).toContain('DOCTOR_NO_DIRECT_URL, docs/doctor.md#doctor_no_direct_url');
    expect(code).toBe(1);
  });

  test('1: a server that is down', async () => {
    const { code, stdout } = await doctor([site.through({ host: '127.0.0.1', port: 1 })]);
    expect(stdout).toContain('Nobody listens at this host and port');
    expect(stdout).toContain('Not looked at');
    expect(code).toBe(1);
  });

  test.each([
    ['neither a URL nor a project', []],
    ['a URL that is none', ['postgres://app:p@ss:w/rd#1%@h/shop']],
    ['a deadline that is none', ['--deadline', 'soon']],
    ['an unknown option', ['--frm', `postgres://app:${secrets[1]}@h/shop`]],
  ])('2: %s', async (_, args) => {
    const { code, stdout, stderr } = await doctor(args);
    expect(stdout + stderr).not.toBe('');
    expect(code).toBe(2);
  });
});

describe('--json', () => {
  test.each([
    ['a server', () => site.through(classic!), ['server', 'urls', 'findings', 'checks']],
    [
      'no server',
      () => site.through({ host: '127.0.0.1', port: 1 }),
      ['server', 'urls', 'findings', 'checks'],
    ],
  ])('%s: one line, of the same shape', async (_, url, keys) => {
    const { stdout, stderr } = await doctor([url(), '--json', '--direct', site.through(postgres)]);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    const { checks, findings, ...rest } = JSON.parse(stdout);
    expect(Object.keys({ ...rest, findings, checks })).toEqual(keys);
    for (const check of checks) {
      expect(check).toEqual({
        name: expect.any(String),
        outcome: expect.stringMatching(/^(?:ok|finding|could not run)$/),
        ms: expect.any(Number),
        ...(check.outcome === 'could not run' || 'why' in check ? { why: expect.any(String) } : {}),
      });
    }
    for (const finding of findings) {
      expect(finding).toEqual({
        code: expect.stringMatching(/^(?:DOCTOR|POOLSAFE)_[A-Z0-9_]+$/),
        severity: expect.stringMatching(/^(?:error|warning|info)$/),
        title: expect.any(String),
        evidence: expect.any(String),
        fix: expect.any(String),
        page: expect.stringMatching(/^docs\//),
      });
    }
    expect(stderr).toBe('');
  });
});

test('the URLs of the environment and of .env', async () => {
  await using project = await folderOf({
    'package.json': { dependencies: { pg: '8.16.0' } },
    '.env': `DIRECT_URL=${site.through(postgres)}\n`,
    'db.ts': "import { Pool } from 'pg'",
  });
  const env = { DATABASE_URL: site.through(classic!) };
  const { code, stdout } = await doctor(['--json'], { cwd: project.path, env });
  const { urls, findings, server } = JSON.parse(stdout);
  expect(urls.map(({ variable, use }: Record<string, string>) => [variable, use])).toEqual([
    ['DIRECT_URL', 'direct'],
    ['DATABASE_URL', 'application'],
  ]);
  expect(server.port).toBe(classic!.port);
  expect(findings.map(({ code: name }: { code: string }) => name)).toEqual([
    'DOCTOR_STACK_NAMES',
    'DOCTOR_STACK_CRASHES',
    'DOCTOR_SESSION_LOST',
    'DOCTOR_STATEMENTS_LOST',
  ]);
  expect(findings[0].fix).toBe("- import { Pool } from 'pg'\n+ import { Pool } from '@poolsafe/pg'");
  expect(code).toBe(1);
});

test('DIRECT_URL belongs to the URL that it stands beside, and to no other', async () => {
  const env = { DATABASE_URL: site.through(classic!), DIRECT_URL: site.through(postgres) };
  const outputs = await Promise.all([
    doctor([site.through(classic!)], { env }),
    doctor([`${site.through(classic!)}?application_name=other`], { env }),
  ]);
  expect(outputs.map(({ stdout }) => stdout.includes('DOCTOR_NO_DIRECT_URL'))).toEqual([false, true]);
  expect(outputs[1]?.stdout).toContain('stands beside another one');
});

test('colours on demand only', async () => {
  const url = site.through({ host: '127.0.0.1', port: 1 });
  const outputs = await Promise.all([
    doctor([url]),
    doctor([url], { env: { FORCE_COLOR: '1' } }),
    doctor([url], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }),
  ]);
  expect(outputs.map(({ stdout }) => stdout.includes('\u001b['))).toEqual([false, true, false]);
});
