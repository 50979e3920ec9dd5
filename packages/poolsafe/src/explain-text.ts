import { explain, type HazardCode, hazardPage, hazards, type Story, stories } from '@poolsafe/core';
import { type ClientStackName, clientStacks, stackOf, waysOut } from './client-stacks.ts';
import type { Finding } from './finding.ts';
import { evidenceIn, sqlstateIn, textsOf, timeOf } from './log-line.ts';
import { type MarkName, marksIn } from './marks.ts';
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
  const reader = startReading(options);
  const lines = text.split('\n');
  // What ends with a line break has no further line.
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines) reader.read(line);
  return reader.end();
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
  const reader = startReading(options);
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
  return reader.end();
}

const LONGEST_LINE = 1_000_000;
const PIECE = 8_000;
const SEAM = 500;
/** How far from an error's line its stack trace reaches. */
const BEFORE = 60;
const AFTER = 30;

interface Found {
  readonly line: number;
  readonly time: string | undefined;
  readonly evidence: string;
  lines: number;
  lastLine: number;
  readonly stacks: Set<ClientStackName>;
}

/** A line with a known error whose stack trace may go on. */
interface Occurrence {
  readonly found: Found;
  readonly line: number;
  readonly own: readonly MarkName[];
  readonly near: Set<MarkName>;
}

interface Seen {
  readonly texts: readonly string[];
  marks?: readonly MarkName[];
}

interface Reader {
  /** Takes the next line; `goesOn` when its rest follows as another one. */
  read(line: string, goesOn?: boolean): void;
  end(): Explained;
}

function startReading({ stack }: ExplainOptions): Reader {
  const all = new Map<string, Found>();
  const recent: Seen[] = [];
  let open: Occurrence[] = [];
  let number = 1;

  const close = ({ found, own, near }: Occurrence) => {
    const name = stack ?? stackOf(own, near);
    if (name !== undefined) found.stacks.add(name);
  };
  const note = (code: string, text: string, line: string) => {
    const known = all.get(code);
    const found = known ?? {
      line: number,
      time: timeOf(line),
      evidence: evidenceOf(code, text),
      lines: 0,
      lastLine: 0,
      stacks: new Set(),
    };
    if (known === undefined) all.set(code, found);
    if (found.lastLine === number) return;
    found.lines++;
    found.lastLine = number;
    const near = new Set<MarkName>();
    for (const seen of recent) for (const mark of marksOf(seen)) near.add(mark);
    open.push({ found, line: number, own: marksIn(text), near });
  };
  const readTexts = (texts: readonly string[]) => {
    const seen: Seen = { texts };
    recent.push(seen);
    if (recent.length > BEFORE) recent.shift();
    for (const text of texts) {
      for (const code of codesIn(text)) note(code, text, texts[0] ?? '');
    }
    if (open.length === 0) return;
    for (const { near } of open) for (const mark of marksOf(seen)) near.add(mark);
  };
  return {
    read(line, goesOn = false) {
      for (const piece of piecesOf(line)) readTexts(textsOf(piece));
      if (goesOn) return;
      number++;
      if (open.length === 0) return;
      const isOver = (one: Occurrence) => one.line + AFTER < number;
      for (const one of open.filter(isOver)) close(one);
      open = open.filter((one) => !isOver(one));
    },
    end() {
      for (const one of open) close(one);
      return { findings: [...all].map(([code, found]) => explained(code, found)), lines: number - 1 };
    },
  };
}

/** A line in pieces of bounded length, which overlap so that no error is cut. */
function piecesOf(line: string): readonly string[] {
  if (line.length <= PIECE) return [line];
  const pieces: string[] = [];
  for (let at = 0; at + SEAM < line.length; at += PIECE - SEAM) pieces.push(line.slice(at, at + PIECE));
  return pieces;
}

function marksOf(seen: Seen): readonly MarkName[] {
  seen.marks ??= marksIn(seen.texts.join('\n'));
  return seen.marks;
}

const anyStory = new RegExp(stories.map(({ text }) => text.source).join('|'));
// As an error of poolsafe's own begins, or as its code stands in JSON and in what Node prints.
const ownCode = /\b(POOLSAFE_[A-Z_]+)(?= {2}\S)|\bcode["']?: ?["'](POOLSAFE_[A-Z_]+)["']/;

/** The known errors in a text: the ids of stories, and codes of hazards. */
function codesIn(text: string): readonly string[] {
  const own = text.includes('POOLSAFE_') ? ownCode.exec(text) : null;
  const code = own?.[1] ?? own?.[2];
  if (code !== undefined && code in hazards) return [code];
  if (!anyStory.test(text)) return [];
  const sqlstate = sqlstateIn(text);
  const story = explain({ message: text, ...(sqlstate !== undefined && { code: sqlstate }) });
  return story === undefined ? [] : [story.id];
}

function evidenceOf(code: string, text: string): string {
  const story = stories.find(({ id }) => id === code);
  return story === undefined ? code : evidenceIn(text, story.text);
}

function explained(code: string, { stacks, evidence, line, lines, time }: Found): ExplainedError {
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
