import { existsSync } from 'node:fs';
import type { ClientStackName } from '../client-stacks.ts';
import { explainLines, explainText } from '../explain-text.ts';
import { explainedAsText } from '../explained-as-text.ts';
import { colorsFor, exitCodes } from '../output.ts';

/** The options of `poolsafe explain`. */
export interface ExplainFlags {
  readonly json?: true;
  readonly stack?: ClientStackName;
}

/** `poolsafe explain`: writes what is known about a text, or about standard input, and gives the exit code. */
export async function runExplain(words: readonly string[], { json, stack }: ExplainFlags): Promise<number> {
  const options = stack === undefined ? {} : { stack };
  const isPiped = words.length === 0 || (words.length === 1 && words[0] === '-');
  if (words.length === 0 && process.stdin.isTTY) {
    throw new Error('There is nothing to explain: give an error text, or a log on standard input.');
  }
  const [first = ''] = words;
  if (words.length === 1 && !isPiped && existsSync(first)) {
    throw new Error(`${first} is a file, not the text of an error.\n  fix: poolsafe explain - < ${first}`);
  }
  const explained = isPiped
    ? await explainLines(process.stdin.setEncoding('utf8'), options)
    : explainText(words.join(' '), options);
  const text = json ? JSON.stringify(explained) : explainedAsText(explained, colorsFor(process.stdout));
  process.stdout.write(`${text}\n`);
  return explained.findings.length === 0 ? exitCodes.fine : exitCodes.findings;
}
