import { configError } from './errors.ts';
import type { Pauses } from './pauses.ts';

/** How often a connection that listens shows that it is alive, and how long its answer may take, in milliseconds. */
export const liveness = { every: 30_000, deadline: 10_000 };

/** Between the attempts to listen again. */
export const listenPauses: Pauses = { first: 100, longest: 30_000 };

/** `NAMEDATALEN` less its end; PostgreSQL would cut a longer name without a word for the sender. */
const mostBytes = 63;

/**
 * The name of a channel as it stands in LISTEN and UNLISTEN.
 *
 * ```ts
 * `listen ${quotedChannel('News of "today"')}` // listen "News of ""today"""
 * ```
 *
 * @throws ConfigError for a name that PostgreSQL would not take, or would cut
 */
export function quotedChannel(channel: string): string {
  const wrong = whatIsWrong(channel);
  if (wrong === undefined) return `"${channel.replaceAll('"', '""')}"`;
  throw configError(`The name of a channel ${wrong}.`, `a text of 1 to ${mostBytes} bytes`);
}

function whatIsWrong(channel: unknown): string | undefined {
  if (typeof channel !== 'string') return 'must be a string';
  if (channel === '') return 'must not be empty';
  if (channel.includes('\0')) return 'must not have a zero byte';
  const bytes = Buffer.byteLength(channel);
  return bytes > mostBytes ? `has ${bytes} bytes, of which PostgreSQL keeps ${mostBytes}` : undefined;
}
