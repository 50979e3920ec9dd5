import { reportConnectionError } from '@poolsafe/core';
import { connectDeadline, type Wire } from '@poolsafe/core/direct';
import type { MakeDriver, Query } from './driver.ts';
import { type Destination, makeEngine } from './engine.ts';
import { connectionError } from './errors-of-driver.ts';
import { Lease } from './lease.ts';
import { type CommandResult, runCommand } from './transaction.ts';

/** What was sent on a channel. */
export interface Notification {
  readonly channel: string;
  readonly payload: string;
}

/**
 * A connection to listen with. `listen()` of postgres.js makes one again by itself, after which nobody can end it: the
 * handlers stay, and those who wait hear several times that it listens.
 */
export function wireOf(
  make: MakeDriver,
  destination: Destination,
  hear: (notification: Notification) => void,
): Wire<CommandResult> {
  const { base } = destination;
  const { options } = base;
  const { pool, rules, host } = makeEngine(make, destination, {
    max: 1,
    fetch_types: false,
    connect_timeout: options.connect_timeout || connectDeadline / 1000,
    onclose: () => {},
    onnotify: (channel, payload) => hear({ channel, payload }),
  });
  let taken: Promise<Lease> | undefined;
  let isOpen = false;
  let asked = 0;
  let lost: (error: Error) => void = () => {};
  const onLost = (error: Error) => {
    // A connection reports what it is lost with where nobody waits for an answer.
    if (isOpen && asked > 0) reportConnectionError(error);
    lost(error);
  };
  const lease = () => (taken ??= Lease.take(pool, rules));
  return {
    lost: new Promise((resolve) => {
      lost = resolve;
    }),
    async connect() {
      const held = await lease();
      held.retire();
      held.watch(onLost);
      await runCommand(held, host, '');
      isOpen = true;
    },
    async query(text) {
      asked += 1;
      try {
        const held = await lease();
        // As postgres.js sends it: through the extended protocol, of which results say more.
        const query = Object.assign(base.unsafe(text, [], { simple: false } as never), { executed: true });
        held.run(query as unknown as Query);
        return await query;
      } finally {
        asked -= 1;
      }
    },
    async end() {
      (await lease()).close();
      await pool.end(null);
    },
    destroy(error = connectionError('CONNECTION_CLOSED', options)) {
      lease().then(
        (held) => held.destroy(error),
        () => {},
      );
    },
  };
}
