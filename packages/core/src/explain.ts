import { PoolsafeError } from './errors.ts';
import { hazards } from './hazards.ts';
import { type Story, stories } from './stories.ts';

/** What {@link explain} found out about an error. */
export interface Explanation extends Omit<Story, 'text' | 'raisedBy'> {
  readonly raisedBy: Story['raisedBy'] | 'poolsafe';
}

/**
 * Says what an error met behind a pooler means: who raised it, why, what to do. Takes an error of any driver or
 * ORM, also one wrapped in others, or its text. `undefined` when it is not one of those known.
 *
 * ```ts
 * explain('error: prepared statement "s0" already exists')?.cause
 * ```
 */
export function explain(error: unknown): Explanation | undefined {
  for (const link of chainOf(error)) {
    if (PoolsafeError.is(link)) return explainOwn(link);
    const { code, message } = codeAndText(link);
    const story = stories.find((row) => row.text.test(message) && matchesCode(row, code));
    if (story !== undefined) {
      const { text: _, ...explanation } = story;
      return explanation;
    }
  }
  return undefined;
}

function explainOwn(error: PoolsafeError): Explanation {
  const row = error.code === 'POOLSAFE_CONFIG' ? undefined : hazards[error.code];
  return {
    id: error.code,
    raisedBy: 'poolsafe',
    cause: row?.why ?? 'options that cannot work',
    fix: row?.fix ?? error.message,
    retry: 'not until it is fixed',
  };
}

/** The error and what caused it, outermost first. Bounded, since `cause` may lead back to itself. */
function chainOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let link = error; link !== undefined && link !== null && chain.length < 10; ) {
    chain.push(link);
    link = typeof link === 'object' ? (link as { cause?: unknown }).cause : undefined;
  }
  return chain;
}

function codeAndText(error: unknown): { code: string | undefined; message: string } {
  if (typeof error !== 'object' || error === null) return { code: undefined, message: String(error) };
  const { code, message } = error as { code?: unknown; message?: unknown };
  return { code: typeof code === 'string' ? code : undefined, message: String(message) };
}

/** Node's own codes (ECONNRESET) and those of an ORM (P2010) say nothing against a text. */
function matchesCode(row: Story, code: string | undefined): boolean {
  const isSqlstate = code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !/^P\d{4}$/.test(code);
  return row.sqlstate === undefined || !isSqlstate || row.sqlstate === code;
}
