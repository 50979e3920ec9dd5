/** Names that samples of every stack use without having made them. */
declare global {
  const url: string;
  const direct: string;
  const tenant: number;
  function refresh(payload?: unknown): void;
  function refreshAll(since?: unknown): void;
  function report(client: unknown): Promise<void>;
}

export {};
