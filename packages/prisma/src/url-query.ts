/** Everything before the query, the query, and the fragment. */
const parts = /^([^?#]*)(?:\?([^#]*))?(.*)$/s;

/** The parameters in the query of a URL, decoded. */
export function queryOf(url: string): URLSearchParams {
  return new URLSearchParams(parts.exec(url)?.[2]);
}

/**
 * The URL with parameters set, or removed where the value is `undefined`. Every other byte stays as it is: a
 * password may be encoded in more ways than one.
 *
 * ```ts
 * withQuery('postgres://db/shop?a=1&b=2', { b: '3', a: undefined }) // 'postgres://db/shop?b=3'
 * ```
 */
export function withQuery(url: string, changes: Readonly<Record<string, string | undefined>>): string {
  const [, base, query = '', fragment] = parts.exec(url) as unknown as string[];
  const left = new Map(Object.entries(changes));
  const pairs = query.split('&').flatMap((pair) => {
    const name = pair.split('=', 1)[0] as string;
    if (!Object.hasOwn(changes, name)) return pair === '' ? [] : [pair];
    const value = left.get(name);
    left.delete(name);
    return value === undefined ? [] : [pairOf(name, value)];
  });
  for (const [name, value] of left) if (value !== undefined) pairs.push(pairOf(name, value));
  return `${base}${pairs.length > 0 ? '?' : ''}${pairs.join('&')}${fragment}`;
}

function pairOf(name: string, value: string): string {
  return `${name}=${encodeURIComponent(value)}`;
}
