import { explain, hazards, stories } from '@poolsafe/core/knowledge';
import { type ClientStackName, stackOf } from './client-stacks.ts';
import { evidenceIn, sqlstateIn, textsOf, timeOf } from './log-line.ts';
import { type MarkName, marksIn } from './marks.ts';

/** What is longer must be given in pieces. */
export const LONGEST_LINE = 1_000_000;
const PIECE = 8_000;
/** How much of a piece the next one repeats, so that no error is cut. */
export const SEAM = 500;
/** How far from an error's line its stack trace reaches. */
const BEFORE = 60;
const AFTER = 30;

/** What was seen of a known error. */
export interface Found {
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

/** All known errors of a text, by the id of their story or the code of their hazard. */
export interface Read {
  readonly found: ReadonlyMap<string, Found>;
  readonly lines: number;
}

interface Reader {
  /** Takes the next line; `goesOn` when its rest follows as another one. */
  read(line: string, goesOn?: boolean): void;
  end(): Read;
}

/** Starts to read a text, of which `stack` says where it comes from. */
export function startReading(stack: ClientStackName | undefined): Reader {
  const all = new Map<string, Found>();
  const recent: Seen[] = [];
  let open: Occurrence[] = [];
  let number = 1;

  const close = ({ found, own, near }: Occurrence) => {
    const name = stack ?? stackOf(own, near);
    if (name !== undefined) found.stacks.add(name);
  };
  const note = (code: string, text: string, line: string) => {
    const found = all.get(code) ?? firstOf(code, text, line, number);
    all.set(code, found);
    if (found.lastLine === number) return;
    found.lines++;
    found.lastLine = number;
    open.push({ found, line: number, own: marksIn(text), near: new Set(recent.flatMap(marksOf)) });
  };
  const readTexts = (texts: readonly string[]) => {
    const seen: Seen = { texts };
    recent.push(seen);
    if (recent.length > BEFORE) recent.shift();
    for (const text of texts) {
      for (const code of codesIn(text)) note(code, text, texts[0] ?? '');
    }
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
      return { found: all, lines: number - 1 };
    },
  };
}

function firstOf(code: string, text: string, line: string, number: number): Found {
  const evidence = evidenceOf(code, text);
  return { line: number, time: timeOf(line), evidence, lines: 0, lastLine: 0, stacks: new Set() };
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
