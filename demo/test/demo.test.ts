import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { PoolerUnderTest } from '@poolsafe/conformance';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Demo } from '../src/run.ts';

const { postgres, poolers } = inject('servers');
const database = `demo_${process.pid}`;
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

async function admin(sql: string, where = 'postgres'): Promise<pg.QueryResult> {
  const client = new pg.Client({ ...postgres, database: where });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

beforeAll(() => admin(`create database ${database} owner poolsafe_app`));
afterAll(() => admin(`drop database ${database} with (force)`));

function urlOf(pooler: PoolerUnderTest | undefined): string {
  return `postgres://poolsafe_app:${encodeURIComponent('p@ss:w/rd#1%')}@127.0.0.1:${pooler?.address.port}/${database}`;
}

function demo(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const argv = ['--conditions=@poolsafe/source', '--import', 'tsx', main, ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, argv, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

test("through a pooler of one's own: red bare, held with poolsafe, nothing left behind", async () => {
  const { code, stdout, stderr } = await demo(
    '--json',
    '--pooler',
    urlOf(poolers.find(({ name }) => name === '1.18')),
  );
  expect(stderr).toBe('');
  const { cells, notRun } = JSON.parse(stdout) as Demo;
  expect(notRun).toEqual([]);
  expect(
    cells.map(({ bare, poolsafe, advice }) => [bare.verdict, poolsafe.verdict, advice?.verdict]),
  ).toEqual([
    ['error', 'ok', undefined],
    ['wrong answer', 'ok', undefined],
    ['leak', 'refused', 'ok'],
    ['error', 'ok', undefined],
    ['wrong answer', 'ok', undefined],
    ['leak', 'refused', 'ok'],
  ]);
  expect(code).toBe(0);
  const { rows } = await admin("select nspname from pg_namespace where nspname like 'poolsafe%'", database);
  expect(rows).toEqual([]);
});

test('says so when there is nothing to show: no pooler on the other side', async () => {
  const direct = urlOf({ address: postgres } as PoolerUnderTest);
  const { code, stdout } = await demo('--pooler', direct);
  expect(stdout).toContain('Bare, 0 of 6 break. With poolsafe, 0 do.');
  expect(code).toBe(1);
});

test('interrupted, it removes what it made', async () => {
  const argv = ['--conditions=@poolsafe/source', '--import', 'tsx', main, '--pooler', urlOf(poolers[0])];
  const child = spawn(process.execPath, argv, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const schemas = "select nspname from pg_namespace where nspname like 'poolsafe%'";
  await expect.poll(async () => (await admin(schemas, database)).rowCount, { timeout: 10_000 }).toBe(1);
  child.kill('SIGINT');
  expect(await ended).toEqual([130, null]);
  expect((await admin(schemas, database)).rows).toEqual([]);
});

test('says what it could not run: a superuser sees every row anyway', async () => {
  const [pooler] = poolers;
  const url = `postgres://${postgres.user}:${encodeURIComponent(postgres.password)}@127.0.0.1:${pooler?.address.port}/${database}`;
  const { code, stdout } = await demo('--pooler', url);
  expect(stdout).toContain('not run  two tenants, row-level security: this role bypasses row-level security');
  expect(stdout).toContain('Bare, 4 of 4 break. With poolsafe, 0 do.');
  expect(code).toBe(0);
});

test.each([
  ['an option that does not exist', ['--polar']],
  ['a URL that is none', ['--pooler', 'nonsense']],
  ['a pooler that is not there', ['--pooler', 'postgres://user:s3cret@127.0.0.1:1/none']],
])('cannot run with %s', async (_, args) => {
  const { code, stdout, stderr } = await demo(...args);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain('Usage: pnpm demo');
  expect(stderr).not.toContain('s3cret');
});
