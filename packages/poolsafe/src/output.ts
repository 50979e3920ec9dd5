import picocolors from 'picocolors';

/** What a command ends with. Documented in docs/command.md. */
export const exitCodes = { fine: 0, findings: 1, couldNotRun: 2 } as const;

/** Where a command writes to: a terminal, a file, a pipe. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** The colours for an output: none where it is not a terminal, as FORCE_COLOR and NO_COLOR say otherwise. */
export type Colors = ReturnType<typeof picocolors.createColors>;

/** {@link Colors} for `output`. picocolors by itself would also colour a pipe in CI. */
export function colorsFor(output: Output, env: NodeJS.ProcessEnv = process.env): Colors {
  if (env.NO_COLOR) return picocolors.createColors(false);
  if (env.FORCE_COLOR !== undefined) return picocolors.createColors(env.FORCE_COLOR !== '0');
  return picocolors.createColors(output.isTTY === true && env.TERM !== 'dumb');
}

/** The lines of a text, further in. */
export function indented(text: string, by: number): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(by));
}

/** A text in lines of at most `width` characters, where its words allow it. */
export function wrapped(text: string, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join('\n');
}
