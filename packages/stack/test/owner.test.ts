import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

vi.setConfig({ testTimeout: 120_000 });

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'owner-'));
  chmodSync(directory, 0o1777);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A process that owns a stack, with its servers' files in `directory`. */
function owner(...args: string[]): ChildProcess {
  const types = process.features.typescript ? [] : ['--import', 'tsx'];
  const script = fileURLToPath(new URL('./fixtures/owner.ts', import.meta.url));
  return spawn(process.execPath, [...types, script, ...args], {
    env: { ...process.env, TMPDIR: directory },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
}

async function line(child: ChildProcess, start: string): Promise<string> {
  for await (const text of createInterface(child.stdout!)) {
    if (text.startsWith(start)) return text.slice(start.length);
  }
  throw new Error(`the owner ended before it said "${start}"`);
}

const files = () => readdirSync(directory).filter((name) => name.startsWith('poolsafe-'));
const processes = () =>
  execFileSync('ps', ['-axo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((text) =>
      files()
        .concat(directory)
        .some((path) => text.includes(path)),
    );

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return once(socket, 'connect').then(
    () => socket.destroy() !== undefined,
    () => false,
  );
}
const listening = async (ports: number[]) => (await Promise.all(ports.map(accepts))).filter(Boolean).length;

const sharedMemory = () => execFileSync('ipcs', ['-m'], { encoding: 'utf8' });

/** The System V segment of the PostgreSQL in `directory`. */
function segment(): RegExp {
  const postmaster = files().map((name) => join(directory, name, 'data', 'postmaster.pid'));
  const [, id] = readFileSync(postmaster.find(existsSync)!, 'utf8').split('\n')[6]!.trim().split(/\s+/);
  return new RegExp(`\\b${id}\\b`);
}

test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  'the servers end with an owner that gets %s',
  async (signal) => {
    const child = owner('stay');
    const ports: number[] = JSON.parse(await line(child, 'ready'));
    expect(await listening(ports)).toBe(4);
    expect(files()).toHaveLength(4);
    const ours = segment();
    expect(sharedMemory()).toMatch(ours);
    // As Ctrl-C does: to the whole process group.
    process.kill(-child.pid!, signal);
    await once(child, 'exit');
    await expect.poll(files, { timeout: 10_000 }).toEqual([]);
    expect(await listening(ports)).toBe(0);
    // Who removed the files last is a process, too.
    await expect.poll(processes, { timeout: 10_000 }).toEqual([]);
    expect(sharedMemory()).not.toMatch(ours);
  },
  60_000,
);

test('the servers do not keep the owner alive, and end with it', async () => {
  const child = owner();
  const exited = once(child, 'exit');
  const ports: number[] = JSON.parse(await line(child, 'ready'));
  expect(await exited).toEqual([0, null]);
  await expect.poll(files, { timeout: 10_000 }).toEqual([]);
  expect(await listening(ports)).toBe(0);
});

test.each([0, 50, 150, 300, 400, 500])(
  'killed %s ms into starting PostgreSQL, nothing stays',
  async (delay) => {
    const child = owner('stay');
    await line(child, 'PostgreSQL: starting');
    await new Promise((resolve) => setTimeout(resolve, delay));
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expect.poll(files, { timeout: 10_000 }).toEqual([]);
    await expect.poll(processes, { timeout: 10_000 }).toEqual([]);
  },
  60_000,
);
