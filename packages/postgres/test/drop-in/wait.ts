import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until a condition holds; the deadline is that of the test. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(5);
}
