import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { debianPython } from '../src/index.ts';

test("Debian's Python with its packages, twice from the cache", async () => {
  // What other tests need, so that it is fetched once.
  const packages = ['python3-asyncpg', 'python3-django', 'python3-psycopg-c', 'python3-sqlalchemy'];
  const { command, env } = await debianPython(packages, { onProgress: () => {} });
  const [file, ...args] = command;
  const program =
    'import asyncpg, django, psycopg, sqlalchemy, ssl, sys; print(sys.prefix, psycopg.pq.__impl__)';
  const { stdout } = await promisify(execFile)(file, [...args, '-c', program], { env });
  expect(stdout.trim()).toBe(`${env.PYTHONHOME} c`);
  expect(existsSync(`${env.PYTHONHOME}/bin`)).toBe(true);
  const lines: string[] = [];
  const again = await debianPython([...packages].reverse(), { onProgress: (line) => lines.push(line) });
  expect(again).toEqual({ command, env });
  expect(lines).toEqual([]);
}, 300_000);

test('says what it needs where there is no apt-get', async () => {
  const { PATH } = process.env;
  process.env.PATH = '/nowhere';
  try {
    await expect(async () => debianPython(['python3-asyncpg'])).rejects.toThrow('need apt-get and dpkg-deb');
  } finally {
    process.env.PATH = PATH;
  }
});
