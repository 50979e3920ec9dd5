import { fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ChildTask } from './original-child.ts';

/** How long the original may take for a step that it hangs in. Milliseconds. */
const patience = 1500;

/** What becomes of the original: whether it ends, never does, or takes the process with it. */
export type Fate = 'done' | 'hangs' | 'ends the process';

/** Runs a step with the original in a process of its own, and says what becomes of it. */
export async function fateOfOriginal(task: ChildTask): Promise<Fate> {
  const withTypes = process.features.typescript ? [] : ['--import', 'tsx'];
  const file = fileURLToPath(new URL('./original-child.ts', import.meta.url));
  const execArgv = ['--conditions=@poolsafe/source', ...withTypes];
  const child = fork(file, [JSON.stringify(task)], { execArgv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<Fate>((resolve, reject) => {
    let started = false;
    child.on('message', (message) => {
      if (message === 'done') resolve('done');
      started = true;
      void sleep(patience).then(() => resolve('hangs'));
    });
    child.on('close', (code) => {
      if (!started) reject(new Error(`The original was not started: ${stderr}`));
      // 13: nothing is left to do, and it still waits.
      resolve(code === 13 ? 'hangs' : 'ends the process');
    });
  });
  try {
    return await ended;
  } finally {
    child.kill('SIGKILL');
  }
}
