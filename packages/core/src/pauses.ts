/** Milliseconds: the first pause, and the longest. */
export interface Pauses {
  readonly first: number;
  readonly longest: number;
}

/** Pauses that double. Each is cut by up to a half, since those who wait started together. */
export function* growing({ first, longest }: Pauses): Generator<number, never> {
  for (let most = first; ; most = Math.min(most * 2, longest)) yield most * (0.5 + Math.random() / 2);
}
