import { type HazardCode, hazardPage } from '@poolsafe/core';
import { hazards, type Story, stories } from '@poolsafe/core/knowledge';
import { type ClientStackName, clientStacks, waysOut } from './client-stacks.ts';
import type { Finding } from './finding.ts';
import { type Found, LONGEST_LINE, type Read, SEAM, startReading } from './log-reader.ts';
import type { WayOut } from './ways-out.ts';

/**
 * An error that was found in a text: what it means, how often it is there, and what to do about it.
 *
 * ```ts
 * const [error] = explainText('prepared statement "s0" already exists').findings
 * console.log(error?.cause, error?.advice[0]?.ways[0]?.settings)
 * ```
 */
export interface ExplainedError extends Finding {
  /** The number of the first line that has it, from 1. */
  readonly line: number;
  /** How many lines have it; a driver and what wraps it may print one error several times. */
  readonly lines: number;
  /** The time that its first line begins with. */
  readonly time?: string;
  readonly raisedBy: string;
  readonly cause: string;
  /** Whether the same work may be sent again. */
  readonly retry: Story['retry'];
  readonly hazard?: HazardCode;
  /** For each stack that was recognised; where there was none, what is the same for all. */
  readonly advice: readonly Advice[];
}

/**
 * The ways out of an error for a stack.
 *
 * ```ts
 * const { title, ways } = explainText(log, { stack: 'django' }).findings[0]!.advice[0]!
 * ```
 */
export interface Advice {
  readonly stack?: ClientStackName;
  readonly title?: string;
  readonly ways: readonly WayOut[];
}

/**
 * What {@link explainText} found: each different error once, the first one first.
 *
 * ```ts
 * const { findings, lines }: Explained = explainText(log)
 * ```
 */
export interface Explained {
  readonly findings: readonly ExplainedError[];
  /** How many lines were read. */
  readonly lines: number;
}

/**
 * How {@link explainText} and {@link explainLines} read.
 *
 * ```ts
 * const options: ExplainOptions = { stack: 'rails' }
 * ```
 */
export interface ExplainOptions {
  /** The stack that the errors come from. Default: what the text shows. */
  readonly stack?: ClientStackName;
}

/**
 * Finds the errors in a text that poolsafe knows, whichever driver and language printed them: an error, a stack
 * trace, a log as text or as lines of JSON. Never repeats a password or the value of a parameter.
 *
 * ```ts
 * import { explainText } from 'poolsafe'
 *
 * const { findings } = explainText('psycopg.errors.DuplicatePreparedStatement: prepared statement "_pg3_0" already exists')
 * console.log(findings[0]?.cause)
 * ```
 */
export function explainText(text: string, options: ExplainOptions = {}): Explained {
  const reader = startReading(options.stack);
  const lines = text.split('\n');
  // What ends with a line break has no further line.
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines) reader.read(line);
  return explained(reader.end());
}

/**
 * {@link explainText} for a text that comes in pieces, of any length: a file, a log on standard input. Takes time in
 * proportion to the text, and no memory for it.
 *
 * ```ts
 * import { explainLines } from 'poolsafe'
 *
 * const { findings } = await explainLines(process.stdin.setEncoding('utf8'))
 * ```
 */
export async function explainLines(
  pieces: AsyncIterable<string>,
  options: ExplainOptions = {},
): Promise<Explained> {
  const reader = startReading(options.stack);
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) reader.read(line);
    if (rest.length > LONGEST_LINE) {
      // The same line goes on; an error at the seam is seen whole.
      reader.read(rest, true);
      rest = rest.slice(-SEAM);
    }
  }
  if (rest !== '') reader.read(rest);
  return explained(reader.end());
}

function explained({ found, lines }: Read): Explained {
  return { findings: [...found].map(([code, one]) => explainedError(code, one)), lines };
}

function explainedError(code: string, { stacks, evidence, line, lines, time }: Found): ExplainedError {
  const story = meaningOf(code);
  const { hazard } = story;
  const names = stacks.size === 0 ? [undefined] : [...stacks];
  const advice = hazard === undefined ? [] : names.map((name) => adviceFor(hazard, name));
  return {
    code,
    severity: 'error',
    evidence,
    line,
    lines,
    ...(time !== undefined && { time }),
    ...story,
    advice,
  };
}

type Meaning = Pick<ExplainedError, 'raisedBy' | 'cause' | 'fix' | 'retry' | 'hazard' | 'page'>;

function meaningOf(code: string): Meaning {
  const story = stories.find(({ id }) => id === code);
  if (story !== undefined) {
    const { raisedBy, cause, fix, retry, hazard } = story;
    return { raisedBy, cause, fix, retry, ...(hazard && { hazard }), page: `docs/errors.md#${code}` };
  }
  const { code: hazard, why, fix } = hazards[code as HazardCode];
  return {
    raisedBy: 'poolsafe',
    cause: why,
    fix,
    retry: 'not until it is fixed',
    hazard,
    page: hazardPage(hazard),
  };
}

function adviceFor(hazard: HazardCode, stack: ClientStackName | undefined): Advice {
  const title = clientStacks.find(({ name }) => name === stack)?.title;
  return {
    ...(stack !== undefined && { stack }),
    ...(title !== undefined && { title }),
    ways: waysOut(hazard, stack),
  };
}
