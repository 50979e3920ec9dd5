import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pages, root } from '../pages.ts';

/** A fenced block of a page. */
export interface Fence {
  readonly page: string;
  /** Of its first line of text, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** The heading or `<summary>` above it. */
  readonly heading: string;
  /** The text from the last heading of the second level to the next one, without its mark. */
  readonly section: string;
  /** Of a `diff`, the mark of the lines that are in `text`. */
  readonly side?: string;
  /** What an HTML comment right above it says: `<!-- sample: kysely, run -->` is `kysely` and `run`. */
  readonly marks: readonly string[];
}

const pattern =
  /^(?:#+ (?<heading>.*)|.*<summary>(?<summary>.*)<\/summary>.*)$|^(?:<!-- sample: (?<marks>.*) -->\n+)?(?<fence>`{3,})(?<language>\w*)\n(?<text>[\s\S]*?)^\k<fence>$/gm;

/** The fenced blocks of all pages, in their order. */
export function fences(): Fence[] {
  return pages().flatMap((page) => fencesOf(page, readFileSync(join(root, page), 'utf8')));
}

/** The fenced blocks of a text in Markdown. */
function fencesOf(page: string, text: string): Fence[] {
  let above = '';
  return [...text.matchAll(pattern)].flatMap((match) => {
    const { heading, summary, marks, language = '', text: code = '' } = match.groups ?? {};
    above = heading ?? summary ?? above;
    if (match.groups?.fence === undefined) return [];
    const before = text.slice(0, match.index) + match[0].slice(0, match[0].indexOf('```'));
    return [
      {
        page,
        line: before.split('\n').length + 1,
        language,
        text: code,
        heading: above,
        section: text.slice(text.lastIndexOf('\n## ', match.index) + 4).split('\n## ')[0] ?? '',
        marks: marks?.split(', ') ?? [],
      },
    ];
  });
}

/** The two sides of a `diff`, each with its lines where they stand: what was written before, and what is now. */
export function sidesOf(diff: Fence): Fence[] {
  return ['-', '+'].map((side) => {
    const lines = diff.text
      .split('\n')
      .map((line) => (line.startsWith(side) || line.startsWith(' ') ? line.slice(2) : ''));
    return { ...diff, text: lines.join('\n'), side };
  });
}
