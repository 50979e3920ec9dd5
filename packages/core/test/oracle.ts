import { loadModule, parseSync } from 'libpg-query';
import { type Effect, effects } from '../src/effects.ts';
import { effectOfAttribute, effectOfCall } from './oracle-calls.ts';
import { created, effectOfSet, isDeferred, statementRules } from './oracle-statements.ts';
import { isNode, isTemp, type Node, nameParts } from './oracle-tree.ts';

await loadModule();

/** What PostgreSQL's own parser says of a text: the effects there must be, and those that may be there as well. */
export interface Verdict {
  readonly must: Set<Effect>;
  /** Deferred or stored work: another statement runs it, or none. */
  readonly may: Set<Effect>;
}

/** The verdict, or `undefined` where the parser rejects the text. */
export function verdictOf(sql: string): Verdict | undefined {
  const tree = parse(sql);
  if (tree === undefined) return undefined;
  const verdict: Verdict = { must: new Set(), may: new Set() };
  visit({ verdict, type: 'ParseResult', deferred: false }, tree);
  return verdict;
}

/** The parse tree, or `undefined` where the parser rejects the text. */
export function parse(sql: string): Node | undefined {
  try {
    return parseSync(sql) as unknown as Node;
  } catch {
    return undefined;
  }
}

/** How an answer differs from the verdict; an empty text where it does not. */
export function disagreement(found: readonly Effect[], { must, may }: Verdict): string {
  const missed = effects.filter((effect) => must.has(effect) && !found.includes(effect));
  const invented = found.filter((effect) => !must.has(effect) && !may.has(effect));
  return [
    ...missed.map((effect) => `missed ${effect}`),
    ...invented.map((effect) => `invented ${effect}`),
  ].join(', ');
}

interface Place {
  readonly verdict: Verdict;
  /** The name of the node, or of the field where that alone tells the node's type. */
  readonly type: string;
  readonly deferred: boolean;
}

const qualifiedNames: ReadonlySet<string> = new Set(
  'funcname names objname defnames domainname typeName collname opclass name useOp operName conversion_name items object'.split(
    ' ',
  ),
);

const rangeFields: ReadonlySet<string> = new Set(
  'fromClause usingClause larg rarg sourceRelation'.split(' '),
);

function visit(place: Place, node: Node): void {
  const { type, verdict } = place;
  const found = place.deferred ? verdict.may : verdict.must;
  // What EXECUTE and DECLARE do themselves is strict wherever they stand.
  const strict = type === 'ExecuteStmt' || type === 'DeclareCursorStmt' ? verdict.must : found;
  for (const effect of statementRules[type]?.(node) ?? []) strict.add(effect);
  const effect =
    type === 'FuncCall' ? effectOfCall(node) : type === 'A_Indirection' ? effectOfAttribute(node) : undefined;
  if (effect !== undefined) found.add(effect);
  if (type === 'ColumnRef' && nameParts(node.fields)?.slice(0, -2).some(isTemp))
    verdict.must.add('session:temp_ref');
  if (namesSchema(node).some(isTemp)) verdict.must.add('session:temp_ref');
  for (const [field, value] of Object.entries(node)) {
    const inner = { ...place, deferred: place.deferred || isDeferred(type, field, node) };
    if (created.has(`${type}.${field}`)) visitCreated(inner, node, value);
    else visitField(inner, field, value);
  }
}

/** Schemas as such: `SET SCHEMA x`, `DROP SCHEMA x`, `GRANT … ON SCHEMA x`. */
function namesSchema({ newschema, removeType, objtype, objects }: Node): readonly unknown[] {
  const areSchemas = removeType === 'OBJECT_SCHEMA' || objtype === 'OBJECT_SCHEMA';
  return [newschema, ...((areSchemas && nameParts(objects)) || [])];
}

/** A field's value is a node, a node wrapped in its type's name, or a list of them. */
function visitField(place: Place, field: string, value: unknown): void {
  const { verdict, deferred } = place;
  if (Array.isArray(value)) {
    if (qualifiedNames.has(field) && nameParts(value)?.slice(0, -1).some(isTemp))
      verdict.must.add('session:temp_ref');
    for (const item of value) visitField(place, field, item);
    return;
  }
  if (!isNode(value)) return;
  const [wrapper, ...others] = Object.keys(value);
  const wrapped =
    wrapper !== undefined && others.length === 0 && /^[A-Z]/.test(wrapper) ? value[wrapper] : undefined;
  if (!isNode(wrapped)) {
    if ('relname' in value) visitRelation(place, field, value);
    visit({ ...place, type: field }, value);
    return;
  }
  if (wrapper === 'RangeVar') visitRelation(place, field, wrapped);
  if (wrapper === 'VariableSetStmt' && field === 'stmt') {
    (deferred ? verdict.may : verdict.must).add(effectOfSet(wrapped));
  }
  visit({ ...place, type: wrapper as string }, wrapped);
}

function visitRelation(
  { verdict, deferred, type }: Place,
  field: string,
  { schemaname, relname }: Node,
): void {
  if (isTemp(schemaname)) verdict.must.add('session:temp_ref');
  const own = schemaname === undefined || schemaname === 'pg_catalog';
  const local = relname === 'pg_cursors' || relname === 'pg_prepared_statements';
  const read = rangeFields.has(field) || type === 'RangeTableSample';
  if (own && local && read) (deferred ? verdict.may : verdict.must).add('hint:backend_local');
}

function visitCreated({ verdict, deferred }: Place, { oncommit, onCommit }: Node, name: unknown): void {
  const temporary = isNode(name)
    ? name.relpersistence === 't' || isTemp(name.schemaname)
    : nameParts(name)?.slice(0, -1).some(isTemp);
  if (temporary !== true) return;
  const dropped = (oncommit ?? onCommit) === 'ONCOMMIT_DROP';
  (deferred ? verdict.may : verdict.must).add(dropped ? 'tx:temp_on_commit_drop' : 'session:temp');
}
