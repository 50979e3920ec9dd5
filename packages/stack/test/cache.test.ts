import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cached } from '../src/cache.ts';

const before = process.env.POOLSAFE_CACHE;
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cache-'));
  process.env.POOLSAFE_CACHE = directory;
});
afterEach(() => {
  if (before === undefined) delete process.env.POOLSAFE_CACHE;
  else process.env.POOLSAFE_CACHE = before;
  rmSync(directory, { recursive: true });
});

test('what is asked for twice is built once', async () => {
  let builds = 0;
  const build = async (target: string) => {
    builds += 1;
    await writeFile(join(target, 'file'), 'built');
  };
  const [one, two] = await Promise.all([cached('thing', build), cached('thing', build)]);
  expect(await cached('thing', build)).toBe(one);
  expect(two).toBe(one);
  expect(builds).toBe(1);
  expect(readFileSync(join(one, 'file'), 'utf8')).toBe('built');
});

test('a process that builds the same is not disturbed', async () => {
  const found = await cached('thing', async (target) => {
    await writeFile(join(target, 'file'), 'ours');
    await mkdir(join(directory, 'thing'));
    await writeFile(join(directory, 'thing', 'file'), 'theirs');
  });
  expect(readFileSync(join(found, 'file'), 'utf8')).toBe('theirs');
  expect(readdirSync(directory)).toEqual(['thing']);
});

test('a failure leaves nothing, and the next attempt is a new one', async () => {
  const failing = cached('thing', async (target) => {
    await writeFile(join(target, 'half'), '');
    throw new Error('no network');
  });
  await expect(failing).rejects.toThrow('no network');
  expect(readdirSync(directory)).toEqual([]);
  expect(existsSync(await cached('thing', async () => {}))).toBe(true);
});
