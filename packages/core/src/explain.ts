import { PoolsafeError } from './errors.ts';
import { storyPage } from './hints.ts';
import { type HazardCode, isHazardCode, refusals } from './refusals.ts';
import { fixFor, type Stack } from './stacks.ts';
import { type Story, stories } from './stories.ts';

/** What {@link explain} found out about an error. */
export interface Explanation extends Omit<Story, 'text' | 'raisedBy'> {
  readonly raisedBy: Story['raisedBy'] | 'poolsafe';
  /** The fix as code for the stack that was asked for, where there is one. */
  readonly example?: string;
  /** The page in the documentation, relative to the repository. */
  readonly page: string;
}

/**
 * Says what an error met behind a pooler means: who raised it, why, what to do. Takes an error of any driver or
 * ORM, also one wrapped in others, or its text. `undefined` when it is not one of those known.
 *
 * ```ts
 * explain('error: prepared statement "s0" already exists')?.cause
 * explain(error, 'drizzle')?.example
 * ```
 */
export function explain(error: unknown, stack?: Stack): Explanation | undefined {
  const chain = chainOf(error);
  const own = chain.find((link) => PoolsafeError.is(link));
  if (own !== undefined) return explainOwn(own, stack);
  // Innermost first: the message of a wrapper may quote the statement, and that any text.
  const links = chain.map(codeAndText).reverse();
  const sqlstate = links.find(({ code }) => isSqlstate(code))?.code;
  for (const { message } of links) {
    const story = stories.find((row) => row.text.test(message) && matchesCode(row, sqlstate));
    if (story !== undefined) {
      const { text: _, ...explanation } = story;
      return { ...explanation, ...exampleOf(story.hazard, stack), page: storyPage(story.id) };
    }
  }
  return undefined;
}

function exampleOf(code: HazardCode | undefined, stack: Stack | undefined): { example?: string } {
  const example = code && stack && fixFor(code, stack);
  return example === undefined ? {} : { example };
}

function explainOwn(error: PoolsafeError, stack: Stack | undefined): Explanation {
  // Another copy of the package may know more codes than this one.
  const code = isHazardCode(error.code) ? error.code : undefined;
  const row = code && refusals[code];
  const [what = '', fix = ''] = error.message.split(/\n {2}(?:fix|read more): /);
  return {
    id: error.code,
    raisedBy: 'poolsafe',
    cause: row?.why ?? inOneLine(what),
    fix: row?.fix ?? inOneLine(fix),
    retry: 'not until it is fixed',
    ...(code && { hazard: code }),
    ...exampleOf(code, stack),
    page: error.docs,
  };
}

function inOneLine(text: string): string {
  return text.replace(/\.?\s*$/, '').replace(/\s*\n\s*/g, ' ');
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
