/** The messages that a connection of pg can write, as far as they are used, and what it knows of statements. */
export interface Messages {
  readonly stream: { cork?(): void; uncork?(): void };
  /** The texts that pg takes for prepared, by name. */
  readonly parsedStatements: Record<string, string>;
  /** Those that it has sent, and that are not answered. pg before 8.23 has no such list. */
  readonly submittedNamedStatements?: Record<string, string>;
  parse(message: { name: string; text: string }): void;
  bind(message: { statement: string; values: readonly string[] }): void;
  describe(message: { type: 'P'; name: string }): void;
  execute(message: { portal: string; rows: number }): void;
  close(message: { type: 'S' | 'P'; name: string }): void;
  sync(): void;
}

/** Writes what `write` does to the network in one piece. */
export function inOneWrite<T>({ stream }: Pick<Messages, 'stream'>, write: () => T): T {
  stream.cork?.();
  try {
    return write();
  } finally {
    stream.uncork?.();
  }
}
