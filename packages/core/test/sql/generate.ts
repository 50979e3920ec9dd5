import * as fc from 'fast-check';
import { grammar } from './grammar.ts';

/** What may stand between two tokens and means nothing. */
const blanks = [
  ' ',
  ' ',
  ' ',
  '\n',
  '\t',
  '\r\n',
  '/**/',
  ' /* ; listen x; */ ',
  '/* /* \' */ " */',
  ' -- ; set x = 1\n',
  ' --\' $$ "\r',
];

/** Something that means nothing, between two tokens. */
export const blank: fc.Arbitrary<string> = fc.constantFrom(...blanks);

/** A token of the grammar: a literal with its spaces, an operator with the comment that ends it, or a word. */
const token =
  /U&(?:'[^']*'|"[^"]*") UESCAPE '.'|[BENUX]?&?'(?:\\.|'\n?'|[^'\\])*'|(\$[^$ ]*\$).*?\1|"(?:""|[^"])*"|@--[^\n]*\n|\S+/gsu;

/** Rules that go on for ever when they are the only ones left: their depth is bounded. */
const depth = { maxDepth: 12, depthSize: 'medium', depthIdentifier: 'sql', withCrossShrink: true } as const;

const rules = fc.letrec<Record<string, readonly string[]>>((tie) =>
  Object.fromEntries(
    Object.entries(grammar).map(([rule, alternatives]) => [
      rule,
      fc.oneof(depth, ...alternatives.map((text) => sequence(text, tie))),
    ]),
  ),
);

function sequence(
  text: string,
  tie: (rule: string) => fc.Arbitrary<readonly string[]>,
): fc.Arbitrary<readonly string[]> {
  const parts = text.match(token) ?? [];
  const lists = parts.map((part) => (/^<\w+>$/.test(part) ? tie(part.slice(1, -1)) : fc.constant([part])));
  return fc.tuple(...lists).map((found) => found.flat());
}

/** Random statements as their tokens. */
const tokens: fc.Arbitrary<readonly string[]> = rules.script as fc.Arbitrary<readonly string[]>;

/** The tokens of a random text in a random spelling: case of words, white space, comments. */
export const script: fc.Arbitrary<string> = fc
  .tuple(tokens, fc.array(blank, { minLength: 1, maxLength: 7 }), fc.nat({ max: 2 ** 20 }))
  .map(([words, between, bits]) =>
    words.map((word, i) => spell(word, bits >> (i % 20)) + (between[i % between.length] as string)).join(''),
  );

/** Words and names without quotes, where the case of ASCII letters means nothing. */
export const folded: RegExp = /^[a-z_\u0080-\uffff][\w$.\u0080-\uffff]*$/i;

function spell(word: string, bits: number): string {
  if (!folded.test(word)) return word;
  const upper = (bits & 1) === 1;
  return word.replace(/[a-z]+/gi, (letters) => (upper ? letters.toUpperCase() : letters.toLowerCase()));
}
