/**
 * What every starting function of this package takes.
 *
 * ```ts
 * await using postgres = await startPostgres({ onProgress: (line) => console.error(line) })
 * ```
 */
export interface ProgressOptions {
  /**
   * Receives one line for each step. By default one line on stderr is updated when stderr is a terminal,
   * and nothing is printed when it is not.
   */
  readonly onProgress?: (line: string) => void;
}

const ERASE_LINE = '\r\u001b[K';

/** Runs `work` with a function that reports its steps, and leaves a terminal's line empty afterwards. */
export async function withProgress<T>(
  options: ProgressOptions,
  work: (report: (line: string) => void) => Promise<T>,
): Promise<T> {
  if (options.onProgress !== undefined) return work(options.onProgress);
  if (!process.stderr.isTTY) return work(() => {});
  // A terminal may say that it has 0 columns.
  const width = (process.stderr.columns || 80) - 1;
  try {
    return await work((line) => process.stderr.write(ERASE_LINE + line.slice(0, width)));
  } finally {
    process.stderr.write(ERASE_LINE);
  }
}
