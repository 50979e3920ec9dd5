/**
 * One thing that a command found out, as data: what it is called, how bad it is, where that shows, and what to do.
 *
 * ```ts
 * const finding: Finding = {
 *   code: 'statement-exists',
 *   severity: 'error',
 *   evidence: 'ERROR: prepared statement "s0" already exists',
 *   fix: 'use the poolsafe package of your stack',
 *   page: 'docs/errors.md#statement-exists',
 * }
 * ```
 */
export interface Finding {
  /** Stable: compare this, not the texts. */
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  /** What it was seen by. Never has a password or the value of a parameter. */
  readonly evidence: string;
  readonly fix: string;
  /** The page in the documentation, relative to the repository. */
  readonly page: string;
}
