import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** Waits until something is so. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10);
}

/** Whether something becomes so within 500 ms. */
export async function soon(condition: () => Promise<boolean>): Promise<boolean> {
  const late = Date.now() + 500;
  while (Date.now() < late) {
    if (await condition()) return true;
    await sleep(10);
  }
  return false;
}

/** Holds the row of the table `gate`, which queries wait for that end with `from gate for update`, until it is called. */
export async function closeGate(url: string): Promise<() => Promise<void>> {
  const holder = new pg.Client(url);
  // When its test fails, its database is dropped while it is open.
  holder.on('error', () => {});
  await holder.connect();
  await holder.query('begin; select n from gate for update');
  return () => holder.end();
}
