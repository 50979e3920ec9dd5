/**
 * What became of a case. `ok`: as it should be. `refused`: poolsafe said no, with its reason, before
 * anything was sent. Everything else is a way to break.
 */
export type Verdict = 'ok' | 'refused' | 'error' | 'hang' | 'wrong answer' | 'leak' | 'crash';

/** A verdict, and one line that says what was seen. */
export interface Outcome {
  readonly verdict: Verdict;
  readonly detail: string;
}

/**
 * Thrown by a case that saw something break without an error.
 *
 * ```ts
 * if (rows[0]?.tenant !== 1) throw new Finding('leak', `tenant 1 read ${rows[0]?.body}`)
 * ```
 */
export class Finding extends Error {
  readonly verdict: Verdict;

  constructor(verdict: Verdict, detail: string) {
    super(detail);
    this.verdict = verdict;
  }
}

/** The verdict on an error that a case ended with. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof Finding) return { verdict: error.verdict, detail: error.message };
  const refusal = refusalIn(error);
  if (refusal !== undefined) return { verdict: 'refused', detail: firstLine(String(refusal.message)) };
  return { verdict: 'error', detail: messageOf(error) };
}

/** SQLSTATE and text of the innermost error: ORMs wrap what the driver said. */
export function messageOf(error: unknown): string {
  const inner = innermost(error);
  const text = firstLine(String(inner.message ?? error));
  return typeof inner.code === 'string' && !text.includes(inner.code) ? `${inner.code} ${text}` : text;
}

/** What an error may have. */
interface Link {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
}

/** What the driver said, by whichever ORM wrapped. */
export function innermost(error: unknown): Link {
  return chainOf(error).at(-1) ?? {};
}

/** An error of poolsafe, by whichever ORM wrapped. Known by its code alone: the suite depends on no package under test. */
export function refusalIn(error: unknown): Link | undefined {
  return chainOf(error).find(({ code }) => typeof code === 'string' && code.startsWith('POOLSAFE_'));
}

/** The error and what caused it, outermost first. Bounded, since `cause` may lead back to itself. */
function chainOf(error: unknown): Link[] {
  const chain: Link[] = [];
  for (let link = error as Link | undefined | null; link && chain.length < 10; link = link.cause as Link) {
    chain.push(link);
  }
  return chain;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
