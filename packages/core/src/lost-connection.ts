import { channel } from 'node:diagnostics_channel';

/** Published on `poolsafe:connection-error` when a connection is lost, whether a query was running or not, and when one that listens cannot be made again. */
export interface ConnectionErrorEvent {
  readonly error: unknown;
}

/**
 * Published on `poolsafe:listen-gap` when a connection that listens was lost and listens again: what was sent in
 * between on these channels is lost.
 */
export interface ListenGapEvent extends ListenGap {
  readonly channels: readonly string[];
}

/** The time in which notifications may have been lost, by the clock of this process. */
export interface ListenGap {
  /** When the lost connection last showed that it was alive. */
  readonly since: Date;
  /** When everything was listened to again. */
  readonly until: Date;
  /** What the connection was lost with. */
  readonly error: Error;
}

const connectionErrorChannel = channel('poolsafe:connection-error');
const listenGapChannel = channel('poolsafe:listen-gap');

/** Reports a lost connection on `poolsafe:connection-error`. */
export function reportConnectionError(error: unknown): void {
  connectionErrorChannel.publish({ error } satisfies ConnectionErrorEvent);
}

/** Reports on `poolsafe:listen-gap` that notifications may have been lost. */
export function reportListenGap(gap: ListenGapEvent): void {
  listenGapChannel.publish(gap);
}
