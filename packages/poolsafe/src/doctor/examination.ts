import { redact } from '../log-line.ts';
import { type DoctorCode, type DoctorFinding, findingOf, type Noted } from './finding-rows.ts';

/**
 * One thing that the doctor looked at. What could not be looked at says why, and never counts as passed.
 *
 * ```ts
 * const check: Check = { name: 'login', outcome: 'could not run', ms: 3000, why: 'no answer within 3 s' }
 * ```
 */
export interface Check {
  readonly name: string;
  readonly outcome: 'ok' | 'finding' | 'could not run';
  /** Milliseconds that it took. */
  readonly ms: number;
  /** Why it could not run. */
  readonly why?: string;
}

/** Notes a finding of the check that is running. */
export type Note = (code: DoctorCode, noted: Noted) => void;

/** The checks of one diagnosis, and what they found. */
export interface Examination {
  readonly checks: readonly Check[];
  readonly findings: readonly DoctorFinding[];
  /** Milliseconds that each check has. */
  readonly deadline: number;
  /** Runs a check; `undefined` when it could not run. */
  check<T>(
    name: string,
    work: (note: Note, signal: AbortSignal) => Promise<T>,
    /** Milliseconds, where it has fewer than others. */
    most?: number,
  ): Promise<T | undefined>;
  /** Says that a check cannot run, since what it needs is not there. */
  skip(name: string, why: string): void;
}

/** A reason why a check cannot run that is no surprise, in words for the one who reads it. */
export class CannotRun extends Error {
  override readonly name = 'CannotRun';
}

/** Starts an examination whose checks have `deadline` milliseconds each. */
export function startExamination(deadline: number, report: (name: string) => void): Examination {
  const checks: Check[] = [];
  const findings: DoctorFinding[] = [];
  return {
    checks,
    findings,
    deadline,
    async check(name, work, most = deadline) {
      report(name);
      const start = performance.now();
      const ms = () => Math.round(performance.now() - start);
      const before = findings.length;
      // A check that goes on after its deadline has nothing more to say.
      let isOpen = true;
      const note: Note = (code, noted) => {
        if (isOpen) findings.push(findingOf(code, noted));
      };
      try {
        const result = await withDeadline(Math.min(deadline, most), (signal) => work(note, signal));
        checks.push({ name, outcome: findings.length > before ? 'finding' : 'ok', ms: ms() });
        return result;
      } catch (error) {
        isOpen = false;
        const why = redact(error instanceof Error ? error.message : String(error));
        const outcome = findings.length > before ? 'finding' : 'could not run';
        checks.push({ name, outcome, ms: ms(), why });
        return undefined;
      }
    },
    skip(name, why) {
      checks.push({ name, outcome: 'could not run', ms: 0, why });
    },
  };
}

/** The part of its time after which work is told to stop: it may still say what it was waiting for. */
const SOON = 0.9;

/**
 * Runs work that has `ms` milliseconds. Its signal aborts shortly before.
 *
 * @throws CannotRun when they are over, or when the work was stopped.
 */
export async function withDeadline<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  const overdue = () => new CannotRun(`no answer within ${ms / 1000} s`);
  const timers: NodeJS.Timeout[] = [];
  const late = new Promise<never>((_, reject) => {
    timers.push(setTimeout(() => controller.abort(), ms * SOON));
    timers.push(setTimeout(() => reject(overdue()), ms));
  });
  const working = work(signal).catch((error: unknown) => {
    throw signal.aborted ? overdue() : error;
  });
  // What comes after the deadline is of no interest.
  working.catch(() => {});
  try {
    return await Promise.race([working, late]);
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}
