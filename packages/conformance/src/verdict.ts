/**
 * What became of a case. `ok`: as on a direct connection. `refused`: poolsafe said no, with its reason, before
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
  if (refusal !== undefined) return { verdict: 'refused', detail: firstLine(refusal.message) };
  return { verdict: 'error', detail: messageOf(error) };
}

/** SQLSTATE and text of the innermost error: ORMs wrap what the driver said. */
export function messageOf(error: unknown): string {
  let inner = error;
  for (let depth = 0; depth < 10; depth += 1) {
    const { cause } = (inner ?? {}) as { cause?: unknown };
    if (cause === undefined || cause === null) break;
    inner = cause;
  }
  const { code, message } = (inner ?? {}) as { code?: unknown; message?: unknown };
  const text = firstLine(String(message ?? inner));
  return typeof code === 'string' && !text.includes(code) ? `${code} ${text}` : text;
}

/** An error of poolsafe, by whichever ORM wrapped. Known by its code alone: the suite depends on no package under test. */
function refusalIn(error: unknown): { message: string } | undefined {
  let link = error as { code?: unknown; message?: unknown; cause?: unknown } | undefined | null;
  for (let depth = 0; link && depth < 10; depth += 1) {
    if (typeof link.code === 'string' && link.code.startsWith('POOLSAFE_'))
      return { message: String(link.message) };
    link = link.cause as typeof link;
  }
  return undefined;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
