/** What the work of a session is given, until `close` ends that work. */
export function taken<T>(
  session: (work: (given: T) => Promise<void>) => Promise<unknown>,
): Promise<{ given: T; close: () => void }> {
  return new Promise((resolve, reject) => {
    session((given) => new Promise<void>((close) => resolve({ given, close }))).catch(reject);
  });
}
