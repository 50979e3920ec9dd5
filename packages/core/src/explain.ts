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
  const chain = chainOf(error);
  const own = chain.find((link) => PoolsafeError.is(link));
  if (own !== undefined) return explainOwn(own);
  // Innermost first: the message of a wrapper may quote the statement, and that any text.
  const links = chain.map(codeAndText).reverse();
  const sqlstate = links.find(({ code }) => isSqlstate(code))?.code;
  for (const { message } of links) {
    const story = stories.find((row) => row.text.test(message) && matchesCode(row, sqlstate));
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

/** Not Node's own codes (ECONNRESET, EPIPE), nor Prisma's (P2010): those say nothing against a text. */
function isSqlstate(code: string | undefined): boolean {
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !/^(?:P[1-9]\d{3}|E[A-Z]{4})$/.test(code);
}

function matchesCode(row: Story, sqlstate: string | undefined): boolean {
  return row.sqlstate === undefined || sqlstate === undefined || row.sqlstate === sqlstate;
}
