import type { Effect } from './effects.ts';
import { constantBoolean } from './sql-constant.ts';
import type { Judged } from './sql-functions.ts';
import { nameOf, type Tokens } from './sql-tokens.ts';

/** A function call that counts, while its arguments are read. */
export interface Call {
  readonly effect: Effect | Judged;
  /** The tokens before each argument: the opening parenthesis and the commas. */
  readonly edges: number[];
}

/** What a call does that ends at the parenthesis `end`. */
export function effectOfCall(t: Tokens, call: Call, end: number): Effect | undefined {
  const { effect, edges } = call;
  // `f(…) 'text'` is a literal of type f.
  if (t.values[end + 1] === "'") return undefined;
  if (typeof effect === 'string') return effect;
  if (effect.count !== undefined && edges.length !== effect.count) return undefined;
  const named = edges.findIndex(
    (edge) => isNamed(t, edge + 1) && nameOf(t.values[edge + 1] ?? '') === effect.argument,
  );
  const index = named === -1 ? effect.position : named;
  const edge = edges[index];
  if (edge === undefined) return undefined;
  const truth = truthOf(t, edge + 1, edges[index + 1] ?? end, named !== -1);
  return truth === undefined ? effect.whenUnknown : truth ? effect.whenTrue : effect.whenFalse;
}

/** The truth of an argument that is known by its name or, `isIt` being false, by its position. */
function truthOf(t: Tokens, from: number, to: number, isIt: boolean): boolean | null | undefined {
  if (!isNamed(t, from)) return constantBoolean(t, from, to);
  return isIt ? constantBoolean(t, from + 2, to) : undefined;
}

function isNamed(t: Tokens, i: number): boolean {
  const next = t.values[i + 1];
  return next === ':=' || next?.startsWith('=>') === true;
}
