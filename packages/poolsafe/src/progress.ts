/** One line on a terminal that says what is going on, and nothing elsewhere. */
export interface Progress {
  report(text: string): void;
  end(): void;
}

const ERASE_LINE = '\r\u001b[K';

/** Progress on stderr, where that is a terminal. */
export function startProgress(quiet: boolean): Progress {
  const { stderr } = process;
  if (quiet || !stderr.isTTY || process.env.TERM === 'dumb') return { report() {}, end() {} };
  return {
    report: (text) => stderr.write(ERASE_LINE + text.slice(0, (stderr.columns || 80) - 1)),
    end: () => stderr.write(ERASE_LINE),
  };
}
