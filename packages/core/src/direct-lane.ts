export {
  type AdvisoryLock,
  advisoryLock,
  type CheckedLockOptions,
  checkLockOptions,
  type LockKey,
  type LockOptions,
  type LockScope,
} from './advisory-lock.ts';
export { assertDirect, connectDeadline, mostSessions } from './direct.ts';
export type { MakeWire, Wire } from './listen-connection.ts';
export { type ChannelListener, Listener } from './listener.ts';
export {
  type LockAttempt,
  type LockedWork,
  underSessionLock,
  untilLost,
  type WatchConnection,
  whenLocked,
} from './locked-work.ts';
