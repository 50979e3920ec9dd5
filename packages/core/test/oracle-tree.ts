/** A node of PostgreSQL's parse tree as JSON. Only what the rules name is known of it. */
export type Node = { readonly [key: string]: unknown };

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a field holds, or an empty node; fields of a fixed type are not wrapped in the type's name. */
export function child(node: Node, ...path: readonly string[]): Node {
  let found: unknown = node;
  for (const key of path) found = isNode(found) ? found[key] : undefined;
  return isNode(found) ? found : {};
}

export function list(value: unknown): readonly Node[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The parts of a qualified name, or `undefined` for another list; a star is one part. */
export function nameParts(value: unknown): readonly string[] | undefined {
  const parts = list(value).map((part) => ('A_Star' in part ? '*' : child(part, 'String').sval));
  const isName = parts.length > 0 && parts.every((part) => typeof part === 'string');
  return isName ? (parts as string[]) : undefined;
}

/** The options `(name value, …)` of a statement, by name. The last one counts. */
export function optionsOf(value: unknown): ReadonlyMap<unknown, Node> {
  return new Map(list(value).map((option) => [child(option, 'DefElem').defname, child(option, 'DefElem')]));
}

/** Whether an option is on, as `defGetBoolean` in PostgreSQL reads it: on by itself, or a number or word. */
export function isOn(option: Node | undefined): boolean {
  if (option === undefined) return false;
  if (!('arg' in option)) return true;
  const arg = child(option, 'arg');
  if ('Integer' in arg) return child(arg, 'Integer').ival === 1;
  if ('Boolean' in arg) return child(arg, 'Boolean').boolval === true;
  const word = child(arg, 'String').sval;
  return typeof word === 'string' && /^(?:true|on)$/i.test(word);
}

export function isTemp(schema: unknown): boolean {
  return typeof schema === 'string' && /^pg_temp(?:_\d+)?$/.test(schema);
}
