import type { App, Kind, Side, Stack } from './stack.ts';

/** The catalogue of named statements. Whoever reads it, here or in a probe, is not counted. */
const catalogue = 'pg_prepared_statements';

/** The texts of the named statements that the server connection keeps which the application gets. */
export async function namedStatements(app: App): Promise<ReadonlySet<string>> {
  const rows = await app.raw(`select statement from ${catalogue} where statement not like '%${catalogue}%'`);
  return new Set(rows.map(({ statement }) => String(statement)));
}

interface Measured {
  readonly stack: Stack;
  readonly target: string;
  readonly kind: Kind;
  readonly operation: string;
}

/**
 * Looks on the server if the figures are of what they are said to be of: over pg, poolsafe names the statement of
 * the operation where names are kept, and nothing where they are not.
 */
export function assertNames(
  { stack, target, kind, operation }: Measured,
  running: readonly { readonly side: Side }[],
  before: readonly ReadonlySet<string>[],
  after: readonly ReadonlySet<string>[],
): void {
  running.forEach(({ side }, n) => {
    if (side === 'bare') return;
    const added = [...(after[n] ?? [])].filter((text) => !before[n]?.has(text)).length;
    const where = `${stack.name} (${side}), ${operation}, ${target}`;
    const mustName = (stack.names || side === 'named') && kind !== 'classic';
    if (mustName && added === 0) throw new Error(`${where}: the statement has no name on the server.`);
    if (kind === 'classic' && added > 0)
      throw new Error(`${where}: a statement is named on a classic pooler.`);
  });
}
