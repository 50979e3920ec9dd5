const generation = 500;
const longest = 10_000;

/**
 * Remembers what `compute` said about up to 1,000 texts of up to 10,000 characters, in two generations: what is
 * asked again moves to the younger, the older is dropped whole.
 */
export function memoized<T>(compute: (text: string) => T): (text: string) => T {
  let young = new Map<string, T>();
  let old = new Map<string, T>();
  return (text) => {
    if (text.length > longest) return compute(text);
    const recent = young.get(text);
    if (recent !== undefined) return recent;
    const known = old.get(text) ?? compute(text);
    if (young.size >= generation) {
      old = young;
      young = new Map();
    }
    young.set(text, known);
    return known;
  };
}
