import { Finding, messageOf } from './verdict.ts';

/** What was thrown where nobody catches, while this watches: it would have ended the process. */
export interface Uncaught extends Disposable {
  /** What was seen so far. */
  readonly crash: Finding | undefined;
  /** Rejects with the first that is seen. */
  readonly crashed: Promise<never>;
}

/** Those that watch at the moment. Whose error it is cannot be told, so each hears of all. */
const watching = new Set<(error: unknown) => void>();

/** Makes an uncaught error a verdict instead of the end of the test runner. */
export function watchUncaught(): Uncaught {
  let crash: Finding | undefined;
  let reject: (reason: Finding) => void;
  const crashed = new Promise<never>((_, rejected) => {
    reject = rejected;
  });
  crashed.catch(() => {});
  const hear = (error: unknown) => {
    crash ??= new Finding('crash', `thrown where nobody catches: ${messageOf(error)}`);
    reject(crash);
  };
  watching.add(hear);
  if (watching.size === 1) process.setUncaughtExceptionCaptureCallback(hearAll);
  return {
    get crash() {
      return crash;
    },
    crashed,
    [Symbol.dispose]() {
      watching.delete(hear);
      if (watching.size === 0) process.setUncaughtExceptionCaptureCallback(null);
    },
  };
}

function hearAll(error: unknown): void {
  for (const hear of watching) hear(error);
}
